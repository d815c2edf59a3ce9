package org.klif.reproduce;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.klif.data.Catalogue;
import org.klif.data.CatalogueEntry;
import org.klif.io.AtomicFile;
import org.klif.io.NoLinks;

/**
 * The table with what is said beneath it.
 *
 * @param lines in the order of the table file, neurons of a row one after the other
 * @param chapters what the numbers say, how to read them, what is not in them
 */
record ResultsTable(List<TableLine> lines, List<Chapter> chapters) {
  private static final String REFERENCE = "lif";

  /** A heading and what stands under it. */
  record Chapter(String title, List<String> paragraphs) {
    Chapter {
      paragraphs = List.copyOf(paragraphs);
    }
  }

  ResultsTable {
    lines = List.copyOf(lines);
    chapters = List.copyOf(chapters);
  }

  /**
   * Puts the table together.
   *
   * @param file for published figures
   * @param shown all runs that may be in the table, in its order
   * @param wanted those of them that are to be in it
   * @param finished what is known of those that are finished
   * @param missing sentences about what is not in the table, and why
   */
  static ResultsTable of(
      TableFile file,
      Set<Experiment> shown,
      Set<Experiment> wanted,
      Map<Experiment, FinishedRun> finished,
      List<String> missing) {
    Map<LineKey, List<FinishedRun>> runs = new LinkedHashMap<>();
    Map<LineKey, Integer> seeds = new LinkedHashMap<>();
    for (Experiment experiment : shown) {
      LineKey key = experiment.line();
      seeds.merge(key, wanted.contains(experiment) ? 1 : 0, Integer::sum);
      List<FinishedRun> ofLine = runs.computeIfAbsent(key, none -> new ArrayList<>());
      FinishedRun run = finished.get(experiment);
      if (run != null && run.accuracy(experiment.line()).isPresent()) {
        ofLine.add(run);
      }
    }
    List<TableLine> lines = new ArrayList<>();
    runs.forEach(
        (key, ofLine) -> {
          if (!ofLine.isEmpty()) {
            List<FinishedRun> reference = runs.getOrDefault(key.with(REFERENCE), List.of());
            lines.add(line(file, key, ofLine, seeds.get(key), reference));
          }
        });
    return new ResultsTable(lines, chapters(lines, file.elsewhere(), missing));
  }

  /** Writes table.md, table.csv and table.html, each whole or not at all. */
  void write(Path folder) {
    NoLinks.folder(folder);
    AtomicFile.write(folder.resolve("table.md"), MarkdownTable.of(this));
    AtomicFile.write(folder.resolve("table.csv"), CsvTable.of(lines));
    AtomicFile.write(folder.resolve("table.html"), HtmlTable.of(this));
  }

  private static TableLine line(
      TableFile file,
      LineKey key,
      List<FinishedRun> runs,
      int planned,
      List<FinishedRun> reference) {
    Optional<PairedDifference> difference =
        key.neuron().equals(REFERENCE)
            ? Optional.empty()
            : PairedDifference.of(
                TableLine.accuracies(key, runs), TableLine.accuracies(key, reference));
    CatalogueEntry.Samples whole = Catalogue.load().entry(key.row().data()).samples();
    return new TableLine(
        key, runs, planned, difference, file.published(key), whole == null ? 0 : whole.test());
  }

  private static List<Chapter> chapters(
      List<TableLine> lines, List<PublishedFigure> elsewhere, List<String> missing) {
    List<Chapter> chapters = new ArrayList<>();
    chapters.add(new Chapter("What it says of the abstract's claim", Findings.of(lines)));
    chapters.add(new Chapter("How to read it", ReadingNotes.of(lines)));
    List<String> others = PublishedElsewhere.of(lines, elsewhere);
    if (!others.isEmpty()) {
      chapters.add(new Chapter("Published, and beside no row", others));
    }
    if (!missing.isEmpty()) {
      chapters.add(new Chapter("Not in the table", missing));
    }
    return chapters;
  }
}
