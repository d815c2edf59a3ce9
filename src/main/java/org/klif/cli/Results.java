package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.klif.train.EpochResult;

/** Keys that several commands print with --json; a value that is not known is null. */
final class Results {
  static void put(ObjectNode result, String key, OptionalDouble value) {
    result.putNull(key);
    value.ifPresent(known -> result.put(key, known));
  }

  static void put(ObjectNode result, String key, OptionalLong value) {
    result.putNull(key);
    value.ifPresent(known -> result.put(key, known));
  }

  /** What training came to. */
  static void put(
      ObjectNode result, @Nullable EpochResult last, int epochs, double best, int bestEpoch) {
    result.put("testAccuracy", last == null ? null : last.testAccuracy());
    result.put("testLoss", last == null ? null : last.testLoss());
    result.put("bestTestAccuracy", bestEpoch == 0 ? null : best);
    result.put("bestEpoch", bestEpoch == 0 ? null : bestEpoch);
    result.put("trainLoss", last == null ? null : last.trainLoss());
    result.put("trainAccuracy", last == null ? null : last.trainAccuracy());
    result.put("epochs", epochs);
  }

  private Results() {}
}
