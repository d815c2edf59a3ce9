package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Ascii;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.klif.bench.H100;
import org.klif.bench.StepCount;

/** A {@link StepCount} for people, and for programs. */
final class StepCountText {
  private static final double MEGA = 1e6;
  private static final double GIGA = 1e9;

  private StepCountText() {}

  static List<String> lines(StepCount count) {
    StepCount.Kind total = count.total();
    String head =
        String.format(
            Locale.ROOT,
            "%-36s %8s %10s %10s %10s %10s %7s  %s",
            "one captured training step",
            "launches",
            "MB read",
            "written",
            "Gflop",
            "us",
            "share",
            "bound by");
    return Stream.concat(
            Stream.of(head),
            Stream.concat(
                count.kinds().stream()
                    .map(kind -> line(kind, total, Ascii.toLowerCase(kind.bound().name()))),
                Stream.of(
                    line(total, total, ""),
                    "Floors for an H100 SXM (%d multiprocessors), computed: nothing was run, no launch's start is in them"
                        .formatted(H100.MULTIPROCESSORS))))
        .toList();
  }

  private static String line(StepCount.Kind kind, StepCount.Kind total, String bound) {
    return String.format(
            Locale.ROOT,
            "%-36s %8d %10.3f %10.3f %10.3f %10.1f %5.1f %%  %s",
            kind.name(),
            kind.launches(),
            kind.read() / MEGA,
            kind.written() / MEGA,
            kind.operations() / GIGA,
            kind.micros(),
            100 * kind.micros() / total.micros(),
            bound)
        .stripTrailing();
  }

  static void put(ObjectNode result, StepCount count) {
    ArrayNode kinds = result.putArray("launches");
    for (StepCount.Kind kind : count.kinds()) {
      fill(kinds.addObject().put("name", kind.name()), kind)
          .put("bound", Ascii.toLowerCase(kind.bound().name()));
    }
    fill(result.putObject("total"), count.total());
  }

  private static ObjectNode fill(ObjectNode node, StepCount.Kind kind) {
    return node.put("launches", kind.launches())
        .put("bytesRead", kind.read())
        .put("bytesWritten", kind.written())
        .put("operations", kind.operations())
        .put("microseconds", kind.micros());
  }
}
