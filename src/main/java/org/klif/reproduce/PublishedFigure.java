package org.klif.reproduce;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.klif.report.Numbers;

/**
 * An accuracy that somebody published; of one run, where its source does not say otherwise.
 *
 * @param data name of the data set
 * @param neuron klif, lif, plif or if, or another one
 * @param steps T (key T)
 * @param protocol of the figure; A also where the source does not say
 * @param percent test accuracy
 * @param epochs that were trained until then, or null where that is not known
 * @param last whether it is that of the last of these epochs; else it is the best of them
 * @param network null: the network of the row's data set in the PLIF paper; else another one
 * @param rows beside these it stands, whatever their T and epochs; empty: beside those of its data
 *     set, T and number of epochs
 * @param source who gives it, and how it is known here
 */
record PublishedFigure(
    String data,
    String neuron,
    @JsonProperty("T") int steps,
    Protocol protocol,
    double percent,
    @Nullable Integer epochs,
    boolean last,
    @Nullable String network,
    List<String> rows,
    String source) {
  PublishedFigure {
    if (data == null || neuron == null || protocol == null) {
      throw new IllegalArgumentException("needs data, neuron and protocol");
    }
    if (steps < 1 || !(percent > 0 && percent <= 100)) {
      throw new IllegalArgumentException("needs a T, and a percent above 0 and up to 100");
    }
    if (epochs == null ? last : epochs < 1) {
      throw new IllegalArgumentException("needs epochs of at least 1, also where the last counts");
    }
    if (source == null || source.isBlank()) {
      throw new IllegalArgumentException("needs its source");
    }
    rows = rows == null ? List.of() : List.copyOf(rows);
  }

  /** Whether it says something beside a line of the table. */
  boolean standsBeside(LineKey key) {
    return fits(key.row())
        && neuron.equals(key.neuron())
        && protocol == key.protocol()
        && (!rows.isEmpty() || steps == key.steps());
  }

  /** Whether it says something beside some line of a row. */
  boolean fits(TableRow row) {
    if (network != null || !data.equals(row.data())) {
      return false;
    }
    return rows.isEmpty()
        ? row.steps().contains(steps) && (epochs == null || epochs == row.epochs())
        : rows.contains(row.name());
  }

  /** As in {@code 99.48 (best of 64 epochs, T 8; PLIF paper)}. */
  String text() {
    List<String> parts = new ArrayList<>();
    if (epochs != null) {
      parts.add(String.format(Locale.ROOT, "%s of %,d epochs", last ? "last" : "best", epochs));
    }
    parts.add("T " + steps);
    return "%s (%s; %s)".formatted(Numbers.fixed(percent, 2), String.join(", ", parts), source);
  }
}
