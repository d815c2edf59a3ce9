package org.klif.device.cpu;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.OptimizerStep;

/** One update of all parameters, cut into pieces that the threads share. */
final class CpuOptimizerStep implements OptimizerStep {
  private static final int PIECE = 16384;

  private record Piece(Segment segment, int number, int offset, int size) {}

  private final CpuDevice device;
  private final Spec spec;
  private final Piece[] pieces;
  private final double[] squares;
  private final Kernels.Update[] updates;

  /** State of loss scaling, see {@link OptimizerStep#step}. */
  private record LossScale(float scale, float goodSteps, float skipped) {
    static LossScale read(@Nullable Buffer buffer) {
      if (buffer == null) {
        return new LossScale(1, 0, 0);
      }
      Bytes state = CpuBuffer.of(buffer).bytes();
      return new LossScale(
          state.getFloat(4 * SCALE), state.getFloat(4 * GOOD_STEPS), state.getFloat(4 * SKIPPED));
    }

    LossScale after(boolean good) {
      if (!good) {
        return new LossScale(Math.max(scale / 2, SMALLEST_SCALE), 0, skipped + 1);
      }
      return goodSteps + 1 < STEPS_TO_GROW
          ? new LossScale(scale, goodSteps + 1, skipped)
          : new LossScale(Math.min(2 * scale, LARGEST_SCALE), 0, skipped);
    }

    void write(Buffer buffer) {
      Bytes state = CpuBuffer.of(buffer).bytes();
      state.putFloat(4 * SCALE, scale);
      state.putFloat(4 * GOOD_STEPS, goodSteps);
      state.putFloat(4 * SKIPPED, skipped);
    }
  }

  CpuOptimizerStep(CpuDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
    List<Piece> cut = new ArrayList<>();
    for (int number = 0; number < spec.segments().size(); number++) {
      Segment segment = spec.segments().get(number);
      for (long from = 0; from < segment.size(); from += PIECE) {
        int size = (int) Math.min(PIECE, segment.size() - from);
        cut.add(new Piece(segment, number, Math.toIntExact(segment.offset() + from), size));
      }
    }
    this.pieces = cut.toArray(Piece[]::new);
    this.updates = new Kernels.Update[spec.segments().size()];
    this.squares = new double[pieces.length];
  }

  @Override
  public void step(
      Buffer parameters,
      Buffer gradients,
      Buffer first,
      @Nullable Buffer second,
      Buffer schedule,
      Buffer norm,
      @Nullable Buffer lossScale) {
    spec.check(parameters, gradients, first, second, schedule, norm, lossScale);
    Elements p = CpuBuffer.of(parameters).elements();
    CpuBuffer copy = CpuBuffer.of(parameters).rounded();
    Elements rounded = copy == null ? null : copy.elements();
    Elements g = CpuBuffer.of(gradients).elements();
    Elements m = CpuBuffer.of(first).elements();
    Elements v = second == null ? m : CpuBuffer.of(second).elements();
    Bytes plan = CpuBuffer.of(schedule).bytes();
    float rate = plan.getFloat(4 * LEARNING_RATE);
    LossScale scaling = LossScale.read(lossScale);
    double step = plan.getFloat(4 * STEP) - scaling.skipped();
    Kernels kernels = device.kernels();
    // without clipping and scaling the update need not wait for the norm: g is then read once
    boolean alone = spec.clipNorm() == 0 && lossScale == null;
    if (!alone) {
      device.inBlocks(pieces.length, (i, w) -> squares[i] = squares(kernels, g, pieces[i]));
    }
    float length = alone ? 0 : norm() / scaling.scale();
    float clip =
        spec.clipNorm() > 0 && length > spec.clipNorm() ? (float) (spec.clipNorm() / length) : 1f;
    if (lossScale != null) {
      boolean good = Float.isFinite(length);
      scaling.after(good).write(lossScale);
      if (!good) {
        CpuBuffer.of(norm).bytes().putFloat(0, length);
        return;
      }
      clip /= scaling.scale();
    }
    float correction1 = (float) (1 / (1 - Math.pow(spec.momentum(), step)));
    float correction2 = (float) (1 / (1 - Math.pow(spec.beta2(), step)));
    for (int number = 0; number < updates.length; number++) {
      Segment segment = spec.segments().get(number);
      updates[number] =
          new Kernels.Update(
              spec.rule(),
              (float) (rate * segment.rateFactor()),
              (float) spec.momentum(),
              spec.nesterov(),
              (float) spec.beta2(),
              (float) spec.eps(),
              (float) segment.weightDecay(),
              correction1,
              correction2,
              clip,
              step == 1);
    }
    device.inBlocks(
        pieces.length,
        (i, w) -> {
          Piece piece = pieces[i];
          Segment s = piece.segment();
          int at = piece.offset();
          if (alone) {
            squares[i] = squares(kernels, g, piece);
          }
          kernels.update(updates[piece.number()], p, g, m, v, at, piece.size());
          if (s.smallestMagnitude() > 0) {
            holdFromZero(p, piece, (float) s.smallestMagnitude());
          }
          if (s.bounded()) {
            holdWithin(p, piece, (float) s.lower(), (float) s.upper());
          }
          if (rounded != null) {
            kernels.convert(p, at, rounded, at, piece.size());
          }
        });
    if (alone) {
      length = norm();
    }
    CpuBuffer.of(norm).bytes().putFloat(0, length);
  }

  /** Length of the gradient, from the sums of all pieces. */
  private float norm() {
    double total = 0;
    for (double value : squares) {
      total += value;
    }
    return (float) Math.sqrt(total);
  }

  /** Sum of squares, in double precision over groups that are short enough for float32. */
  private static double squares(Kernels kernels, Elements g, Piece piece) {
    double sum = 0;
    for (int i = 0; i < piece.size(); i += 1024) {
      sum += kernels.squares(g, piece.offset() + i, Math.min(1024, piece.size() - i));
    }
    return sum;
  }

  private static void holdFromZero(Elements p, Piece piece, float smallest) {
    for (int at = piece.offset(); at < piece.offset() + piece.size(); at++) {
      float value = p.get(at);
      if (Math.abs(value) < smallest) {
        p.set(at, Math.copySign(smallest, value));
      }
    }
  }

  private static void holdWithin(Elements p, Piece piece, float lower, float upper) {
    for (int at = piece.offset(); at < piece.offset() + piece.size(); at++) {
      float value = p.get(at);
      // a NaN is neither, and shall be seen
      if (value < lower) {
        p.set(at, lower);
      } else if (value > upper) {
        p.set(at, upper);
      }
    }
  }
}
