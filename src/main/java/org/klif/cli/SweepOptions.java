package org.klif.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.klif.config.ConfigTree;
import org.klif.sweep.SweepFile;
import org.klif.sweep.SweepFolder;
import org.klif.sweep.SweepPlan;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which sweep, and where: options that klif sweep and klif-spark sweep share. */
public final class SweepOptions {
  @Parameters(
      paramLabel = "FILE|NAME",
      description = "A sweep file, or a sweep that comes with Klif: ${COMPLETION-CANDIDATES}.",
      completionCandidates = SweepNames.class)
  String sweep;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The sweep's folder; otherwise sweeps/NAME.")
  Path out;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder with the data set's files, or its parent.")
  Path data;

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description = "Another preset than the file's base; the settings of the base stay.")
  String preset;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting for all runs, as in --set epochs=2; may be repeated.")
  List<String> settings = new ArrayList<>();

  /** Names for the help. */
  static final class SweepNames implements Iterable<String> {
    @Override
    public java.util.Iterator<String> iterator() {
      return SweepFile.NAMES.iterator();
    }
  }

  /** The sweep, on the preset that --preset names. */
  public SweepFile file() {
    SweepFile file = SweepFile.open(sweep);
    return preset == null ? file : file.onPreset(preset);
  }

  /** The sweep's text, as its folder keeps it. */
  public String text() {
    return SweepFile.text(sweep);
  }

  /** Where it is computed. */
  public SweepFolder folder(SweepFile file) {
    return new SweepFolder(out == null ? Path.of("sweeps", file.name()) : out);
  }

  /** What the command line adds to each run. */
  public SweepPlan.Options added(String device, int threads) {
    return new SweepPlan.Options(settings, dataFolder(), device, threads);
  }

  /**
   * The neurons' files of the command line; those that the sweep's file names are not among them.
   */
  public Set<String> namedFiles() {
    ConfigTree tree = ConfigTree.defaults();
    settings.forEach(tree::set);
    return tree.namedFiles();
  }

  /** --data as a whole path; empty where it is not given. */
  String dataFolder() {
    return data == null ? "" : data.toAbsolutePath().normalize().toString();
  }
}
