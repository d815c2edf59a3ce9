package org.klif.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.klif.KlifException;
import org.klif.io.AtomicFile;

/**
 * A report that compares runs, in one HTML file that loads nothing from elsewhere: runs that differ
 * only in their seed are one group, and groups are shown beside each other.
 */
public final class Comparison {
  private static final Section<ComparedRuns> TAU = LayerTrajectories.tau().section();

  private static final List<Section<ComparedRuns>> SECTIONS =
      List.of(
          new Section<>("numbers", "Final numbers", FinalNumbers::write),
          new Section<>("curves", "Learning curves", ComparedCurves::write),
          new Section<>("against", "Accuracy against what was varied", AgainstOption::write),
          LayerTrajectories.k().section(),
          TAU,
          new Section<>(
              "surrogate", "Surrogate gradient at the learned k", ComparedSurrogates::write),
          LayerTrajectories.rates().section(),
          new Section<>("firing", "Firing rates of single neurons", ComparedFiring::write),
          LayerTrajectories.gradients().section(),
          new Section<>("rasters", "Spike rasters", ComparedRasters::write),
          new Section<>("groups", "What is compared", ComparedGroups::write));

  /**
   * Writes the comparison atomically. A part that runs do not have is named in its section.
   *
   * @param runs folders of runs, finished or not; their order does not matter
   * @param html the file; its folder must exist
   * @throws KlifException when there is no run, a folder is no run folder, a file there is corrupt,
   *     or the report cannot be written
   */
  public static void write(List<Path> runs, Path html) {
    ComparedRuns compared = read(runs);
    AtomicFile.write(html, page(compared));
  }

  static ComparedRuns read(List<Path> runs) {
    if (runs.isEmpty()) {
      throw new KlifException("there is no run to compare");
    }
    return ComparedRuns.of(runs.stream().map(ReportedRun::read).toList());
  }

  static String page(ComparedRuns compared) {
    int runs = compared.groups().stream().mapToInt(group -> group.runs().size()).sum();
    String title = "%d runs in %d groups".formatted(runs, compared.groups().size());
    return Page.of(
        title + " · Klif report",
        html -> {
          html.raw("<header>\n").element("p", "kicker", "Klif comparison").element("h1", title);
          html.element("p", "facts", facts(compared)).raw("\n</header>\n");
        },
        Section.parts(sections(compared), compared));
  }

  /** All, and after k and tau what else neurons learn. */
  private static List<Section<ComparedRuns>> sections(ComparedRuns compared) {
    List<Section<ComparedRuns>> sections = new ArrayList<>(SECTIONS);
    int behindTau = SECTIONS.indexOf(TAU) + 1;
    for (String name : learned(compared)) {
      if (!name.equals("k") && !name.equals("tau")) {
        sections.add(behindTau++, LayerTrajectories.learned(name).section());
      }
    }
    return sections;
  }

  /** What the neurons of these runs learn. */
  static Set<String> learned(ComparedRuns compared) {
    Set<String> names = new LinkedHashSet<>();
    for (RunGroup group : compared.groups()) {
      for (ReportedRun run : group.runs()) {
        run.metrics().ifPresent(metrics -> names.addAll(metrics.learned()));
      }
    }
    return names;
  }

  private static String facts(ComparedRuns compared) {
    return compared.keys().isEmpty()
        ? "They differ in the seed only."
        : "They differ in " + String.join(", ", compared.keys()) + ", and in the seed.";
  }

  private Comparison() {}
}
