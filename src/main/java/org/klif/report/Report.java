package org.klif.report;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.klif.KlifException;
import org.klif.io.AtomicFile;

/**
 * The report of a run: curves, neurons, one traced sample, confusion matrix, synaptic operations
 * and the configuration in one HTML file that loads nothing from elsewhere.
 */
public final class Report {
  private static final List<Section> SECTIONS =
      List.of(
          new CurvesSection(),
          new NeuronsSection(),
          new FiringSection(),
          new SurrogateSection(),
          new SampleSection(),
          new ConfusionSection(),
          new OperationsSection(),
          new ConfigurationSection());

  /**
   * Writes {@code report.html} into the run folder, atomically, and returns its path. A file or a
   * part that is missing is named in its section.
   *
   * @throws KlifException when the folder is no run folder, a file there is corrupt, or the report
   *     cannot be written
   */
  public static Path write(Path runFolder) {
    ReportedRun run = ReportedRun.read(runFolder);
    Path file = runFolder.resolve("report.html");
    AtomicFile.write(file, page(run).getBytes(StandardCharsets.UTF_8));
    return file;
  }

  static String page(ReportedRun run) {
    return Page.of(
        run.name() + " · Klif report",
        new Headline(run)::write,
        SECTIONS.stream()
            .map(s -> new Page.Part(s.id(), s.title(), html -> s.write(run, html)))
            .toList());
  }

  private Report() {}
}
