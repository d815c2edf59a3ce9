package org.klif.workbench;

import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.io.AtomicFile;
import org.klif.io.Csv;

/**
 * The current that a neuron is given, one number for each time step; steps are counted from 1.
 *
 * <pre>
 *   const:1.5             1.5 at each step
 *   step:1.5@10           0, and 1.5 from step 10 on
 *   pulse:2@5-8           2 at steps 5 to 8, else 0; pulse:2@5-8,20-23 has two
 *   current.csv           a file with one number a line; what stands behind a comma is left out
 * </pre>
 */
public final class Current {
  private static final String NUMBER = "([-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?)";
  private static final Pattern CONSTANT = Pattern.compile("const:" + NUMBER);
  private static final Pattern STEP = Pattern.compile("step:" + NUMBER + "@(\\d{1,9})");
  private static final Pattern PULSES =
      Pattern.compile("pulse:" + NUMBER + "@(\\d{1,9}-\\d{1,9}(?:,\\d{1,9}-\\d{1,9})*)");

  /** Steps where neither the user nor a file says how many. */
  private static final int STEPS = 50;

  private static final int MOST_STEPS = 100_000;

  private final String text;
  private final ImmutableDoubleArray values;

  private Current(String text, double[] values) {
    this.text = text;
    this.values = ImmutableDoubleArray.copyOf(values);
  }

  /**
   * Reads what the user wrote.
   *
   * @param text see above
   * @param steps how many; without it those of the file, or 50
   * @throws UsageException when the text is none of the forms
   * @throws KlifException when a file cannot be read or holds something else than numbers
   */
  public static Current parse(String text, OptionalInt steps) {
    steps.ifPresent(Current::requireSteps);
    double[] values = new double[steps.orElse(STEPS)];
    Matcher constant = CONSTANT.matcher(text);
    Matcher step = STEP.matcher(text);
    Matcher pulses = PULSES.matcher(text);
    if (constant.matches()) {
      fill(values, 1, values.length, number(constant.group(1)));
    } else if (step.matches()) {
      fill(values, Integer.parseInt(step.group(2)), values.length, number(step.group(1)));
    } else if (pulses.matches()) {
      for (String range : pulses.group(2).split(",", -1)) {
        int dash = range.indexOf('-');
        int from = Integer.parseInt(range.substring(0, dash));
        int to = Integer.parseInt(range.substring(dash + 1));
        fill(values, from, to, number(pulses.group(1)));
      }
    } else if (text.matches("(const|step|pulse)\\b.*")) {
      throw unknown(text);
    } else {
      return new Current(text, file(text, steps));
    }
    return new Current(text, values);
  }

  /** These numbers. */
  static Current of(ImmutableDoubleArray values) {
    return new Current("a list", values.toArray());
  }

  private static void requireSteps(int steps) {
    if (steps < 1 || steps > MOST_STEPS) {
      throw new UsageException(
          "--steps must be between 1 and %d, not %d".formatted(MOST_STEPS, steps));
    }
  }

  private static double number(String digits) {
    double value = Double.parseDouble(digits);
    if (!Float.isFinite((float) value)) {
      throw new UsageException("a current of %s is too large for float32".formatted(digits));
    }
    return value;
  }

  private static UsageException unknown(String text) {
    return new UsageException(
        "'%s' is no current; write const:1.5, step:1.5@10 (from step 10 on), pulse:2@5-8 (steps 5 to 8), or the name of a file with one number a line"
            .formatted(text));
  }

  private static void fill(double[] values, int from, int to, double value) {
    if (from < 1 || to < from) {
      throw new UsageException(
          "steps are counted from 1 and run forward, not from %d to %d".formatted(from, to));
    }
    for (int t = from; t <= Math.min(to, values.length); t++) {
      values[t - 1] = value;
    }
  }

  private static double[] file(String name, OptionalInt steps) {
    Path file = Path.of(name);
    if (!Files.isRegularFile(file)) {
      throw unknown(name);
    }
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (MalformedInputException e) {
      throw new KlifException(name + " is no text; it should have one number a line", e);
    } catch (IOException e) {
      throw new KlifException("Cannot read " + name + ": " + AtomicFile.reason(e), e);
    }
    ImmutableDoubleArray.Builder read = ImmutableDoubleArray.builder();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      String first = Csv.numbers(line).get(0);
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      if (!first.matches(NUMBER)) {
        throw new KlifException(
            "%s, line %d: '%s' is no number; lines that are not numbers begin with #"
                .formatted(name, i + 1, first));
      }
      read.add(number(first));
    }
    double[] values = read.build().toArray();
    if (values.length == 0 || values.length > MOST_STEPS) {
      throw new KlifException(
          "%s holds %d numbers; there must be between 1 and %d"
              .formatted(name, values.length, MOST_STEPS));
    }
    if (steps.isPresent() && steps.getAsInt() > values.length) {
      throw new UsageException(
          "--steps %d, but %s has only %d".formatted(steps.getAsInt(), name, values.length));
    }
    return steps.isPresent() ? Arrays.copyOf(values, steps.getAsInt()) : values;
  }

  /** As the user wrote it. */
  public String text() {
    return text;
  }

  /** Number of time steps. */
  public int steps() {
    return values.length();
  }

  /** The current at each step. */
  public ImmutableDoubleArray values() {
    return values;
  }
}
