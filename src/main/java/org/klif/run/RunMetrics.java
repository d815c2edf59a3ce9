package org.klif.run;

import com.google.common.math.Quantiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import org.klif.KlifException;
import org.klif.io.Csv;
import org.klif.io.WholeFile;

/**
 * The content of {@code metrics.csv}: one line an epoch, epochs rising. Column {@code epoch} counts
 * from 1; {@code k.LAYER}, {@code tau.LAYER} (or the names of what a neuron from a file learns) and
 * {@code rate.LAYER} are one column a neuron layer, {@code gradientNorm.LAYER} one a layer with
 * weights: the norm of its gradients at the epoch's last step.
 *
 * @param columns names in file order, the first is {@code epoch}
 * @param rows one list of {@code columns.size()} numbers an epoch; NaN where the cell is empty
 */
public record RunMetrics(List<String> columns, List<List<Double>> rows) {
  /** Columns that every run has; the columns of the neuron layers follow them. */
  public static final List<String> BASE_COLUMNS =
      List.of(
          "epoch",
          "trainLoss",
          "trainAccuracy",
          "testLoss",
          "testAccuracy",
          "learningRate",
          "gradientNorm",
          "seconds",
          "imagesPerSecond");

  public RunMetrics {
    columns = List.copyOf(columns);
    rows = rows.stream().map(List::copyOf).toList();
    if (columns.isEmpty() || !columns.get(0).equals("epoch")) {
      throw new IllegalArgumentException("the first column must be epoch");
    }
    if (new LinkedHashSet<>(columns).size() != columns.size()) {
      throw new IllegalArgumentException("a column appears twice: " + columns);
    }
    for (List<Double> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            "a row has " + row.size() + " values, not " + columns.size());
      }
    }
  }

  /**
   * Reads the file. A last line without its line end is ignored: it is what a killed run leaves.
   *
   * @throws KlifException naming the file, and the line where one is malformed
   */
  public static RunMetrics read(Path file) {
    return parse(file, completeLines(file));
  }

  /**
   * Whether the file's first line names these columns, or is not there yet.
   *
   * @throws KlifException when the file cannot be read
   */
  public static boolean hasColumns(Path file, List<String> columns) {
    List<String> lines = completeLines(file);
    return lines.isEmpty() || Csv.numbers(lines.get(0)).equals(columns);
  }

  /** Number of epochs written. */
  public int epochs() {
    return rows.size();
  }

  /** Whether the file has this column. */
  public boolean has(String column) {
    return columns.contains(column);
  }

  /**
   * One column, an entry for each line; NaN where the cell is empty.
   *
   * @throws IllegalArgumentException when there is no such column
   */
  public double[] column(String name) {
    int index = columns.indexOf(name);
    if (index < 0) {
      throw new IllegalArgumentException("no column " + name);
    }
    return rows.stream().mapToDouble(row -> row.get(index)).toArray();
  }

  /** Median of a column's values; empty when no epoch has one, or there is no such column. */
  public OptionalDouble median(String name) {
    return median(name, epochs());
  }

  /** The same over the first epochs only. */
  public OptionalDouble median(String name, int first) {
    double[] values =
        has(name)
            ? Arrays.stream(column(name), 0, first).filter(Double::isFinite).toArray()
            : new double[0];
    return values.length == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(Quantiles.median().compute(values));
  }

  /** The layers that have a column {@code prefix.LAYER}, in file order. */
  public List<String> layers(String prefix) {
    String start = prefix + ".";
    return columns.stream()
        .filter(c -> c.startsWith(start))
        .map(c -> c.substring(start.length()))
        .toList();
  }

  /**
   * What the neurons learn: the names in front of a layer of neurons ({@code k}, {@code tau}, the
   * parameters of neurons from files), k and tau first.
   */
  public List<String> learned() {
    LinkedHashSet<String> names = new LinkedHashSet<>();
    List.of("k", "tau").stream().filter(name -> !layers(name).isEmpty()).forEach(names::add);
    for (String column : columns) {
      layers("rate").stream()
          .filter(layer -> column.endsWith("." + layer))
          .map(layer -> column.substring(0, column.length() - layer.length() - 1))
          .filter(name -> !name.equals("rate"))
          .forEach(names::add);
    }
    return List.copyOf(names);
  }

  /**
   * Spikes per neuron-step after the last epoch, the mean of all neuron layers, each counted once;
   * NaN where there is none.
   */
  public double lastFiringRate() {
    return rows.isEmpty()
        ? Double.NaN
        : layers("rate").stream()
            .mapToDouble(layer -> column("rate." + layer)[epochs() - 1])
            .average()
            .orElse(Double.NaN);
  }

  /** The lines of a file that are closed by a line end. */
  static List<String> completeLines(Path file) {
    String text = WholeFile.text(file, WholeFile.LARGEST);
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }

  static RunMetrics parse(Path file, List<String> lines) {
    if (lines.isEmpty()) {
      throw new KlifException(file + " is empty: its first line should name the columns");
    }
    List<String> columns = Csv.numbers(lines.get(0));
    List<List<Double>> rows = new ArrayList<>();
    double lastEpoch = 0;
    for (int i = 1; i < lines.size(); i++) {
      List<Double> row = parseLine(file, i + 1, columns, lines.get(i));
      double epoch = row.get(0);
      if (!(epoch > lastEpoch) || epoch != Math.rint(epoch) || epoch > Integer.MAX_VALUE) {
        throw new KlifException(
            file + ", line " + (i + 1) + ": epoch must be a whole number above the line before");
      }
      lastEpoch = epoch;
      rows.add(row);
    }
    try {
      return new RunMetrics(columns, rows);
    } catch (IllegalArgumentException e) {
      throw new KlifException(file + ", line 1: " + e.getMessage(), e);
    }
  }

  private static List<Double> parseLine(Path file, int number, List<String> columns, String line) {
    List<String> cells = Csv.numbers(line);
    if (cells.size() != columns.size()) {
      throw new KlifException(
          String.format(
              "%s, line %d: %d values where the header names %d columns",
              file, number, cells.size(), columns.size()));
    }
    List<Double> row = new ArrayList<>(cells.size());
    for (int c = 0; c < cells.size(); c++) {
      try {
        row.add(cells.get(c).isEmpty() ? Double.NaN : Double.parseDouble(cells.get(c)));
      } catch (NumberFormatException e) {
        throw new KlifException(
            String.format(
                "%s, line %d: \"%s\" in column %s is not a number",
                file, number, cells.get(c), columns.get(c)),
            e);
      }
    }
    return row;
  }
}
