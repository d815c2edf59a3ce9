package org.klif.profile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.klif.device.DeviceLimits;

/** A profile as lines of text. */
final class ProfileText {
  /** So many rows are shown, the others are added up in one line. */
  private static final int MOST_ROWS = 24;

  private static final double KILO = 1e3;
  private static final double MEGA = 1e6;
  private static final double PERCENT = 100;

  private final Profile profile;
  private final List<String> lines = new ArrayList<>();

  private ProfileText(Profile profile) {
    this.profile = profile;
  }

  /** All of it. */
  static List<String> lines(Profile profile) {
    ProfileText text = new ProfileText(profile);
    profile.steps().forEach(text::step);
    text.end();
    return text.lines;
  }

  private void add(String format, Object... values) {
    lines.add(String.format(Locale.ROOT, format, values).stripTrailing());
  }

  private void step(StepProfile step) {
    add(
        "profile: %s, %d recorded after %d to warm up",
        step.name(), step.recorded().steps(), step.skipped());
    Times timed = step.timed();
    if (timed == null) {
      add("  %.3f ms recorded (median)", step.recorded().median());
    } else {
      add(
          "  %.3f ms recorded, each operation waited for, so that nothing overlaps;"
              + " %.3f ms not recorded (medians, %d steps between the others)",
          step.recorded().median(), timed.median(), timed.steps());
    }
    double total = step.recorded().mean();
    add("  %-12s %10s %7s", "phase", "ms", "share");
    step.phases()
        .forEach((phase, ms) -> add("  %-12s %10.3f %5.1f %%", phase, ms, PERCENT * ms / total));
    add("  %-12s %10.3f  (mean; the parts of the recorded steps add up to it)", "all", total);
    add(
        "  %-9s %-12s %-28s %9s %7s %9s %8s %12s",
        "phase", "layer", "operation", "ms", "share", "MB", "GB/s", "GFLOP/s");
    List<Row> longest =
        step.rows().stream().sorted(Comparator.comparing(Row::ms).reversed()).toList();
    for (Row row : longest.subList(0, Math.min(MOST_ROWS, longest.size()))) {
      add(
          "  %-9s %-12s %-28s %9.3f %5.1f %% %s",
          row.phase(),
          row.layer(),
          row.operation(),
          row.ms(),
          PERCENT * row.ms() / total,
          speed(row));
    }
    if (longest.size() > MOST_ROWS) {
      double rest = longest.stream().skip(MOST_ROWS).mapToDouble(Row::ms).sum();
      add(
          "  %-51s %9.3f %5.1f %%",
          "%d shorter ones".formatted(longest.size() - MOST_ROWS), rest, PERCENT * rest / total);
    }
  }

  private String speed(Row row) {
    if (row.bytes() == 0 || profile.limits() == null) {
      return "";
    }
    return String.format(
        Locale.ROOT,
        "%9.2f %8.1f %12.1f  %3.0f %% of the limit",
        row.bytes() / MEGA,
        row.gigabytesPerSecond(),
        row.gigaflopsPerSecond(),
        PERCENT * profile.shareOfLimit(row));
  }

  private void end() {
    for (SectionProfile section : profile.sections()) {
      add(
          "  %s: %.3f s each of %d, recorded steps included",
          section.name(), section.seconds() / section.times(), section.times());
    }
    DeviceLimits limits = profile.limits();
    if (limits != null) {
      add(
          "  limits: %.1f GB/s, %.2f TFLOP/s (%s)",
          limits.gigabytesPerSecond(), limits.gigaflopsPerSecond() / KILO, limits.source());
    } else if (!profile.steps().isEmpty()) {
      add("  %s: times of a stand-in say nothing about a GPU", profile.device().name());
    }
  }
}
