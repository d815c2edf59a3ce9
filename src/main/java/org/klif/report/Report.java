package org.klif.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.klif.KlifException;
import org.klif.run.AtomicFile;

/**
 * The report of a run: curves, neurons, one traced sample, confusion matrix, synaptic operations
 * and the configuration in one HTML file that loads nothing from elsewhere.
 */
public final class Report {
  private static final List<Section> SECTIONS =
      List.of(
          new CurvesSection(),
          new NeuronsSection(),
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
    RunFolder run = RunFolder.read(runFolder);
    Path file = runFolder.resolve("report.html");
    AtomicFile.write(file, page(run).getBytes(StandardCharsets.UTF_8));
    return file;
  }

  private static String page(RunFolder run) {
    Html html = new Html();
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width\"/>\n");
    html.element("title", run.name() + " · Klif report").raw("\n<style>\n");
    html.raw(stylesheet()).raw("</style>\n</head>\n<body>\n");
    new Headline(run).write(html);
    html.raw("<nav aria-label=\"Sections\">");
    for (Section section : SECTIONS) {
      html.raw("<a href=\"#" + section.id() + "\">").text(section.title()).raw("</a>");
    }
    html.raw("</nav>\n<main>\n");
    for (Section section : SECTIONS) {
      html.raw("<section id=\"" + section.id() + "\">\n").element("h2", section.title()).raw("\n");
      section.write(run, html);
      html.raw("</section>\n");
    }
    html.raw("</main>\n</body>\n</html>\n");
    return html.toString();
  }

  private static String stylesheet() {
    try (InputStream in = Report.class.getResourceAsStream("report.css")) {
      if (in == null) {
        throw new IllegalStateException("report.css is not in the program's jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("report.css in the program's jar cannot be read", e);
    }
  }

  private Report() {}
}
