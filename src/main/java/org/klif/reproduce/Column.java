package org.klif.reproduce;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.klif.report.Numbers;

/**
 * One column of the table as people read it; those of the CSV file are finer, see {@link CsvTable}.
 *
 * @param title its head
 * @param number whether it holds numbers, which are set to the right
 * @param cell its text in a line
 */
record Column(String title, boolean number, Function<TableLine, String> cell) {
  /** All columns, the data set first, the neuron second. */
  static final List<Column> ALL =
      List.of(
          text("data set", line -> line.key().row().data()),
          text("neuron", line -> neuron(line.key().neuron())),
          number("mean %", line -> percent(line.accuracy().mean())),
          number("sd", line -> percent(line.accuracy().deviation())),
          number("seeds", Column::seeds),
          number("to LIF [95 %]", Column::difference),
          text("protocol", line -> protocol(line.key())),
          number("T", line -> Integer.toString(line.key().steps())),
          text("preset", line -> line.key().row().preset()),
          number("epochs", line -> Integer.toString(line.epochs())),
          text("precision", line -> line.key().precision()),
          number("last epoch %", line -> percent(line.lastEpoch())),
          number("s/epoch", line -> Numbers.significant(line.secondsPerEpoch())),
          number("min/run", line -> Numbers.significant(line.minutes())),
          number("parameters", line -> parameters(line.parameters())),
          number("firing rate %", line -> percent(line.mean(FinishedRun::firingRate))),
          number("syn. operations", line -> Numbers.operations(line.mean(FinishedRun::operations))),
          number("energy, est.", line -> Numbers.energy(line.mean(FinishedRun::picojoules))),
          text("learned k or tau", Column::learned),
          text("published %", Column::published));

  static Column text(String title, Function<TableLine, String> cell) {
    return new Column(title, false, cell);
  }

  private static Column number(String title, Function<TableLine, String> cell) {
    return new Column(title, true, cell);
  }

  private static String parameters(long count) {
    return count == 0 ? Numbers.NONE : Numbers.whole((double) count);
  }

  /** {@code A}, or {@code A, last epoch} where that is what counts. */
  private static String protocol(LineKey key) {
    boolean last = key.protocol() == Protocol.A && key.row().lastEpoch();
    return last ? "A, last epoch" : key.protocol().name();
  }

  /** As the literature writes it. */
  static String neuron(String model) {
    return model.toUpperCase(Locale.ROOT);
  }

  /** A share of 1 in percent, two digits, without the sign; a dash where there is none. */
  static String percent(double share) {
    return Numbers.fixed(100 * share, 2);
  }

  /** A difference of two shares in points, with its sign. */
  static String points(double share) {
    String text = Numbers.fixed(100 * share, 2);
    if (!Double.isFinite(share)) {
      return text;
    }
    boolean zero = text.equals("0.00") || text.equals("-0.00");
    return zero ? "0.00" : share > 0 ? "+" + text : text;
  }

  /** {@code 3}, or {@code 2 of 3} while some are missing. */
  static String seeds(TableLine line) {
    int count = line.accuracies().size();
    return count < line.planned() ? count + " of " + line.planned() : Integer.toString(count);
  }

  private static String difference(TableLine line) {
    return line.difference()
        .map(
            difference ->
                points(difference.mean())
                    + difference
                        .interval(PairedDifference.CONFIDENCE)
                        .map(i -> " [" + points(i.low()) + ", " + points(i.high()) + "]")
                        .orElse(" (1 pair)"))
        .orElse(Numbers.NONE);
  }

  /** The values in the order of the layers; the layers' names are in the CSV file. */
  private static String learned(TableLine line) {
    if (line.learned().isEmpty()) {
      return Numbers.NONE;
    }
    String name = line.learned().keySet().iterator().next().startsWith("k ") ? "k " : "tau ";
    return name
        + line.learned().values().stream()
            .map(value -> Numbers.fixed(value, 2))
            .collect(Collectors.joining(" "));
  }

  private static String published(TableLine line) {
    if (!line.key().row().comparable()) {
      return "not comparable";
    }
    if (line.published().isEmpty()) {
      return Numbers.NONE;
    }
    String figures =
        line.published().stream().map(PublishedFigure::text).collect(Collectors.joining("; "));
    return line.ofAPart() ? "not comparable (a part of the set); " + figures : figures;
  }
}
