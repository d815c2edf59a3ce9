package org.klif.gpucheck;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Ascii;
import org.jspecify.annotations.Nullable;

/**
 * How a step ended.
 *
 * @param status in one word
 * @param note one line for people: the reason, or what was found
 * @param result what the step's program said, or null
 */
record Outcome(Status status, String note, @Nullable ObjectNode result) {
  /** In one word. */
  enum Status {
    /** It ran and found nothing wrong. */
    PASSED,
    /** It ran and found something wrong, or ended with an error. */
    FAILED,
    /** It was ended when its time was over. */
    TIMED_OUT,
    /** A tool is missing or refuses this machine. */
    NOT_AVAILABLE,
    /** It has no meaning on this device. */
    SKIPPED;

    /** As in the record. */
    String token() {
      return Ascii.toLowerCase(name()).replace('_', ' ');
    }
  }

  static Outcome passed(String note, @Nullable ObjectNode result) {
    return new Outcome(Status.PASSED, note, result);
  }

  static Outcome failed(String note, @Nullable ObjectNode result) {
    return new Outcome(Status.FAILED, note, result);
  }

  static Outcome notAvailable(String reason) {
    return new Outcome(Status.NOT_AVAILABLE, reason, null);
  }

  static Outcome skipped(String reason) {
    return new Outcome(Status.SKIPPED, reason, null);
  }

  /** Whether it speaks against the device or the program. */
  boolean bad() {
    return status == Status.FAILED || status == Status.TIMED_OUT;
  }
}
