package org.klif.reproduce;

import com.google.common.collect.Lists;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.klif.io.Csv;
import org.klif.report.Numbers;
import org.klif.reproduce.PairedDifference.Interval;

/** table.csv: one line a line of the table, a header, values without thousands marks or units. */
final class CsvTable {
  private static final List<Column> COLUMNS =
      List.of(
          Column.text("data", line -> line.key().row().data()),
          Column.text("neuron", line -> line.key().neuron()),
          Column.text("mean", line -> percent(line.accuracy().mean())),
          Column.text("sd", line -> percent(line.accuracy().deviation())),
          Column.text("seeds", line -> Integer.toString(line.accuracies().size())),
          Column.text("differenceToLif", line -> points(line.difference(), PairedDifference::mean)),
          Column.text("differenceLow", line -> points(interval(line), Interval::low)),
          Column.text("differenceHigh", line -> points(interval(line), Interval::high)),
          Column.text("pairs", CsvTable::pairs),
          Column.text("protocol", line -> line.key().protocol().name()),
          Column.text("T", line -> Integer.toString(line.key().steps())),
          Column.text("row", line -> line.key().row().name()),
          Column.text("preset", line -> line.key().row().preset()),
          Column.text("lastEpochMean", line -> percent(line.lastEpoch())),
          Column.text("epochs", line -> Integer.toString(line.epochs())),
          Column.text("precision", line -> line.key().precision()),
          Column.text("secondsPerEpoch", line -> fixed(line.secondsPerEpoch(), 3)),
          Column.text("parameters", line -> Long.toString(line.parameters())),
          Column.text("firingRate", line -> percent(line.mean(FinishedRun::firingRate))),
          Column.text("synapticOperations", line -> fixed(line.mean(FinishedRun::operations), 0)),
          Column.text("energyPicojoules", line -> fixed(line.mean(FinishedRun::picojoules), 0)),
          Column.text("learned", CsvTable::learned),
          Column.text("published", CsvTable::published),
          Column.text("publishedSource", CsvTable::publishedSource),
          Column.text("testSamples", line -> Integer.toString(line.testSamples())),
          Column.text("accuracies", CsvTable::accuracies));

  /** The file's text; percent with two digits, an empty cell where nothing is known. */
  static String of(List<TableLine> lines) {
    StringBuilder text = new StringBuilder(Csv.line(Lists.transform(COLUMNS, Column::title)));
    for (TableLine line : lines) {
      text.append(Csv.line(Lists.transform(COLUMNS, column -> column.cell().apply(line))));
    }
    return text.toString();
  }

  private static Optional<Interval> interval(TableLine line) {
    return line.difference().flatMap(d -> d.interval(PairedDifference.CONFIDENCE));
  }

  private static <T> String points(Optional<T> known, ToDoubleFunction<T> share) {
    return known.map(one -> Numbers.fixed(100 * share.applyAsDouble(one), 2)).orElse("");
  }

  private static String pairs(TableLine line) {
    return line.difference().map(d -> Integer.toString(d.pairs())).orElse("");
  }

  private static String learned(TableLine line) {
    return line.learned().entrySet().stream()
        .map(e -> String.format(Locale.ROOT, "%s=%.4f", e.getKey(), e.getValue()))
        .collect(Collectors.joining("; "));
  }

  private static String published(TableLine line) {
    return line.published().stream()
        .map(figure -> Numbers.fixed(figure.percent(), 2))
        .collect(Collectors.joining("; "));
  }

  private static String publishedSource(TableLine line) {
    return line.key().row().comparable() && !line.ofAPart()
        ? line.published().stream().map(PublishedFigure::text).collect(Collectors.joining("; "))
        : "not comparable";
  }

  private static String accuracies(TableLine line) {
    return line.accuracies().entrySet().stream()
        .map(e -> "s" + e.getKey() + "=" + Column.percent(e.getValue()))
        .collect(Collectors.joining(" "));
  }

  private static String percent(double share) {
    return fixed(100 * share, 2);
  }

  /** Empty where the value is not known. */
  private static String fixed(double value, int digits) {
    String text = Numbers.fixed(value, digits);
    return text.equals(Numbers.NONE) ? "" : text;
  }

  private CsvTable() {}
}
