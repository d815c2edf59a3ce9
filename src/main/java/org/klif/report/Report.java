package org.klif.report;

import java.nio.file.Path;
import java.util.List;
import org.klif.KlifException;
import org.klif.io.AtomicFile;

/**
 * The report of a run: curves, neurons, one traced sample, confusion matrix, synaptic operations
 * and the configuration in one HTML file that loads nothing from elsewhere.
 */
public final class Report {
  private static final List<Section<ReportedRun>> SECTIONS =
      List.of(
          new Section<>("curves", "Learning curves", CurvesSection::write),
          new Section<>("neurons", "Neurons", NeuronsSection::write),
          new Section<>("firing", "Firing rates of single neurons", FiringSection::write),
          new Section<>("surrogate", "Surrogate gradient", SurrogateSection::write),
          new Section<>("sample", "One sample", SampleSection::write),
          new Section<>("confusion", "Confusion matrix", ConfusionSection::write),
          new Section<>("operations", "Synaptic operations and energy", OperationsSection::write),
          new Section<>("configuration", "Configuration", ConfigurationSection::write));

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
    AtomicFile.write(file, page(run));
    return file;
  }

  static String page(ReportedRun run) {
    return Page.of(
        run.name() + " · Klif report", new Headline(run)::write, Section.parts(SECTIONS, run));
  }

  private Report() {}
}
