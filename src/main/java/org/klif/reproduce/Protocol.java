package org.klif.reproduce;

import com.google.common.base.Ascii;

/** How the accuracy of a run is measured. */
public enum Protocol {
  /** The best epoch on the test samples: what most papers report; too high, since it is chosen. */
  A("test"),
  /** The epoch is chosen on held-out training samples, then measured on the test samples once. */
  B("validation");

  private final String split;

  Protocol(String split) {
    this.split = split;
  }

  /** The value of the configuration's key {@code split}. */
  String split() {
    return split;
  }

  /** As in the names of folders. */
  String letter() {
    return Ascii.toLowerCase(name());
  }
}
