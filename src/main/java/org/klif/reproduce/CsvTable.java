package org.klif.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.klif.io.Csv;
import org.klif.report.Numbers;

/** table.csv: one line a line of the table, a header, values without thousands marks or units. */
final class CsvTable {
  private static final List<String> COLUMNS =
      List.of(
          "data",
          "neuron",
          "mean",
          "sd",
          "seeds",
          "differenceToLif",
          "differenceLow",
          "differenceHigh",
          "pairs",
          "protocol",
          "T",
          "row",
          "preset",
          "lastEpochMean",
          "epochs",
          "precision",
          "secondsPerEpoch",
          "parameters",
          "firingRate",
          "synapticOperations",
          "energyPicojoules",
          "learned",
          "published",
          "publishedSource",
          "testSamples",
          "accuracies");

  /** The file's text; percent with two digits, an empty cell where nothing is known. */
  static String of(List<TableLine> lines) {
    StringBuilder text = new StringBuilder(Csv.line(COLUMNS));
    for (TableLine line : lines) {
      text.append(Csv.line(cells(line)));
    }
    return text.toString();
  }

  private static List<String> cells(TableLine line) {
    Optional<PairedDifference> difference = line.difference();
    Optional<Interval> interval = difference.flatMap(d -> d.interval(PairedDifference.CONFIDENCE));
    List<String> cells = new ArrayList<>();
    cells.add(line.key().row().data());
    cells.add(line.key().neuron());
    cells.add(known(Column.percent(line.accuracy().mean())));
    cells.add(known(Column.percent(line.accuracy().deviation())));
    cells.add(Integer.toString(line.accuracies().size()));
    cells.add(difference.map(d -> Numbers.fixed(100 * d.mean(), 2)).orElse(""));
    cells.add(interval.map(i -> Numbers.fixed(100 * i.low(), 2)).orElse(""));
    cells.add(interval.map(i -> Numbers.fixed(100 * i.high(), 2)).orElse(""));
    cells.add(difference.map(d -> Integer.toString(d.pairs())).orElse(""));
    cells.add(line.key().protocol().name());
    cells.add(Integer.toString(line.key().steps()));
    cells.add(line.key().row().name());
    cells.add(line.key().row().preset());
    cells.add(known(Column.percent(line.lastEpoch())));
    cells.add(Integer.toString(line.epochs()));
    cells.add(line.key().precision());
    cells.add(known(Numbers.fixed(line.secondsPerEpoch(), 3)));
    cells.add(Long.toString(line.parameters()));
    cells.add(known(Column.percent(line.mean(FinishedRun::firingRate))));
    cells.add(known(Numbers.fixed(line.mean(FinishedRun::operations), 0)));
    cells.add(known(Numbers.fixed(line.mean(FinishedRun::picojoules), 0)));
    cells.add(joined(line.learned()));
    boolean comparable = line.key().row().comparable() && !line.ofAPart();
    cells.add(
        line.published().stream()
            .map(figure -> Numbers.fixed(figure.percent(), 2))
            .collect(Collectors.joining("; ")));
    cells.add(
        comparable
            ? line.published().stream().map(PublishedFigure::text).collect(Collectors.joining("; "))
            : "not comparable");
    cells.add(Integer.toString(line.testSamples()));
    cells.add(
        line.accuracies().entrySet().stream()
            .map(e -> "s" + e.getKey() + "=" + Column.percent(e.getValue()))
            .collect(Collectors.joining(" ")));
    return cells;
  }

  private static String joined(Map<String, Double> learned) {
    return learned.entrySet().stream()
        .map(e -> String.format(Locale.ROOT, "%s=%.4f", e.getKey(), e.getValue()))
        .collect(Collectors.joining("; "));
  }

  private static String known(String text) {
    return text.equals(Numbers.NONE) ? "" : text;
  }

  private CsvTable() {}
}
