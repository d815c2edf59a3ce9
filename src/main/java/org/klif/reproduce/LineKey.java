package org.klif.reproduce;

/**
 * What one line of the table is about; its runs differ in the seed only.
 *
 * @param row of the table file
 * @param neuron klif, lif, plif or if
 * @param steps T
 * @param protocol how accuracy is measured
 * @param precision of the device
 */
record LineKey(TableRow row, String neuron, int steps, Protocol protocol, String precision) {
  /** The same with another neuron. */
  LineKey with(String other) {
    return new LineKey(row, other, steps, protocol, precision);
  }

  /** As in {@code digits-T4-a}: one comparison of neurons as a file's name. */
  String file() {
    return "%s-T%d-%s".formatted(row.name(), steps, protocol.letter()) + unusual("-");
  }

  /** As in {@code digits, T 4, protocol A}: what a comparison of two neurons is about. */
  String comparison() {
    return "%s, T %d, protocol %s".formatted(row.name(), steps, protocol) + unusual(", ");
  }

  private String unusual(String separator) {
    return precision.equals(row.precision()) ? "" : separator + precision;
  }
}
