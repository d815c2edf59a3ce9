package org.klif.optim;

import java.util.List;
import org.klif.UsageException;

/**
 * Learning rate over a run.
 *
 * <p>Text form: {@code constant}, {@code cosine}, {@code cosine:1e-5} (smallest rate), {@code
 * step:20:0.1} (every 20 epochs times 0.1), and {@code warmup:3,cosine} (3 epochs of rising rate,
 * then another).
 */
public sealed interface Schedule {

  /**
   * Learning rate at a moment of a run.
   *
   * @param base the learning rate of the options
   * @param epoch epochs done, from 0; a fraction inside an epoch
   */
  double rate(double base, double epoch);

  /** The same rate always. */
  record Constant() implements Schedule {
    @Override
    public double rate(double base, double epoch) {
      return base;
    }
  }

  /**
   * min + (base - min) (1 + cos(pi epoch / epochs)) / 2, PyTorch's CosineAnnealingLR with T_max =
   * epochs (Loshchilov, Hutter 2016).
   *
   * @param epochs how many it spans
   * @param min rate it goes to
   */
  record Cosine(int epochs, double min) implements Schedule {
    /** Checks ranges. */
    public Cosine {
      if (epochs < 1 || !(min >= 0) || Double.isInfinite(min)) {
        throw new UsageException(
            "a cosine schedule needs at least 1 epoch and a smallest rate from 0 on, not %d and %s"
                .formatted(epochs, min));
      }
    }

    @Override
    public double rate(double base, double epoch) {
      double done = Math.min(epoch, epochs) / epochs;
      return min + (base - min) * (1 + StrictMath.cos(Math.PI * done)) / 2;
    }
  }

  /** base * gamma^(epoch / size), the exponent rounded down. */
  record Step(int size, double gamma) implements Schedule {
    /** Checks ranges. */
    public Step {
      if (size < 1 || !(gamma > 0) || Double.isInfinite(gamma)) {
        throw new UsageException(
            "a step schedule needs a size of at least 1 and a factor above 0, not %d and %s"
                .formatted(size, gamma));
      }
    }

    @Override
    public double rate(double base, double epoch) {
      return base * StrictMath.pow(gamma, Math.floor(epoch / size));
    }
  }

  /** base (epoch + 1) / (epochs + 1) at first; then the inner schedule from its epoch 0 on. */
  record Warmup(int epochs, Schedule inner) implements Schedule {
    /** Checks the number of epochs. */
    public Warmup {
      if (epochs < 1) {
        throw new UsageException("a warm-up needs at least 1 epoch, not " + epochs);
      }
    }

    @Override
    public double rate(double base, double epoch) {
      return epoch < epochs
          ? base * (epoch + 1) / (epochs + 1.0)
          : inner.rate(base, epoch - epochs);
    }
  }

  /**
   * Reads the text form.
   *
   * @param epochs of the whole run: a cosine spans those that a warm-up leaves
   * @throws UsageException naming what is wrong
   */
  static Schedule parse(String text, int epochs) {
    String trimmed = text.strip();
    if (trimmed.startsWith("warmup")) {
      int comma = trimmed.indexOf(',');
      List<String> head = List.of((comma < 0 ? trimmed : trimmed.substring(0, comma)).split(":"));
      if (comma < 0 || head.size() != 2 || !head.get(0).equals("warmup")) {
        throw new UsageException(
            "schedule '%s': a warm-up is written as warmup:3,cosine".formatted(text));
      }
      int length = integer(text, head.get(1));
      Schedule inner = parse(trimmed.substring(comma + 1), Math.max(1, epochs - length));
      if (inner instanceof Warmup) {
        throw new UsageException("schedule '%s' has two warm-ups".formatted(text));
      }
      return new Warmup(length, inner);
    }
    List<String> parts = List.of(trimmed.split(":", -1));
    String kind = parts.get(0);
    if (kind.equals("constant") && parts.size() == 1) {
      return new Constant();
    }
    if (kind.equals("cosine") && parts.size() <= 2) {
      return new Cosine(epochs, parts.size() == 1 ? 0 : decimal(text, parts.get(1)));
    }
    if (kind.equals("step") && parts.size() == 3) {
      return new Step(integer(text, parts.get(1)), decimal(text, parts.get(2)));
    }
    throw new UsageException(
        "unknown schedule '%s'; known are constant, cosine, cosine:1e-5, step:20:0.1 and"
                .formatted(text)
            + " warmup:3,cosine");
  }

  private static int integer(String text, String number) {
    try {
      return Integer.parseInt(number);
    } catch (NumberFormatException e) {
      throw new UsageException("schedule '%s': '%s' is no whole number".formatted(text, number));
    }
  }

  private static double decimal(String text, String number) {
    try {
      return Double.parseDouble(number);
    } catch (NumberFormatException e) {
      throw new UsageException("schedule '%s': '%s' is no number".formatted(text, number));
    }
  }
}
