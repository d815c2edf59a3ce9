package org.klif.device;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;

/**
 * What all devices have in common: the count of their buffers, and the checks of the arguments of
 * {@link ElementwiseOperations}.
 */
public abstract class BaseDevice implements Device {
  private final Set<Buffer> live = new HashSet<>();
  private boolean closed;

  /** The operations without a plan; their arguments have been checked. */
  protected abstract ElementwiseOperations elementwise();

  /** Frees everything; called once. */
  protected abstract void free();

  /** Refuses an allocation after the close, and one of nothing. */
  protected final void requireAllocatable(long size) {
    if (closed) {
      throw new KlifException("the device %s is closed".formatted(info().name()));
    }
    if (size < 1) {
      throw new KlifException("a buffer needs at least 1 element, not " + size);
    }
  }

  /** Counts a new buffer. */
  protected final <B extends Buffer> B counted(B buffer) {
    live.add(buffer);
    return buffer;
  }

  /** Counts a buffer no more; false when it was not counted. */
  public final boolean forget(Buffer buffer) {
    return live.remove(buffer);
  }

  @Override
  public final int liveBuffers() {
    return live.size();
  }

  @Override
  public final void close() {
    if (!closed) {
      closed = true;
      live.clear();
      free();
    }
  }

  @Override
  public void fill(Buffer target, float value) {
    elementwise().fill(target, value);
  }

  @Override
  public void copy(Buffer source, Buffer target) {
    requireSize(target, source.size());
    elementwise().copy(source, target);
  }

  @Override
  public void add(Buffer a, Buffer b, Buffer out) {
    requireSame(a, b);
    requireSame(a, out);
    elementwise().add(a, b, out);
  }

  @Override
  public void average(Buffer values, Buffer share, Buffer average) {
    BufferChecks.require("values of an average", values, DType.FLOAT32, average.size());
    BufferChecks.require("an average", average, DType.FLOAT32, values.size());
    BufferChecks.require("share of an average", share, DType.FLOAT32, 1);
    elementwise().average(values, share, average);
  }

  @Override
  public void repeatOverTime(Buffer x, int steps, Buffer out) {
    requireLike(x, out, x.size() * steps);
    elementwise().repeatOverTime(x, steps, out);
  }

  @Override
  public void sumOverTime(Buffer x, int steps, Buffer out) {
    requireLike(out, x, out.size() * steps);
    elementwise().sumOverTime(x, steps, out);
  }

  @Override
  public void dropoutMask(
      Buffer mask, double p, long seed, Buffer counter, int stream, long first) {
    if (!(p >= 0 && p < 1)) {
      throw new KlifException("dropout needs a probability from 0 to below 1, not " + p);
    }
    BufferChecks.require("counter of a dropout", counter, DType.INT32, 2);
    elementwise().dropoutMask(mask, p, seed, counter, stream, first);
  }

  @Override
  public void maskOverTime(Buffer x, Buffer mask, int steps, Buffer out) {
    requireLike(mask, x, mask.size() * steps);
    requireSame(x, out);
    elementwise().maskOverTime(x, mask, steps, out);
  }

  @Override
  public void channelsFirst(Buffer x, int images, int channels, int pixels, Buffer out) {
    requireSize(x, (long) images * channels * pixels);
    requireSame(x, out);
    elementwise().channelsFirst(x, images, channels, pixels, out);
  }

  @Override
  public void channelsLast(Buffer x, int images, int channels, int pixels, Buffer out) {
    requireSize(x, (long) images * channels * pixels);
    requireSame(x, out);
    elementwise().channelsLast(x, images, channels, pixels, out);
  }

  @Override
  public void vote(Buffer x, int rows, int features, int group, Buffer out) {
    requireGroups(x, rows, features, group, out);
    elementwise().vote(x, rows, features, group, out);
  }

  @Override
  public void voteBackward(Buffer gy, int rows, int features, int group, Buffer gx) {
    requireGroups(gx, rows, features, group, gy);
    elementwise().voteBackward(gy, rows, features, group, gx);
  }

  @Override
  public void leakyReadout(
      Buffer x,
      int steps,
      double rate,
      @Nullable Buffer initial,
      Buffer out,
      @Nullable Buffer last) {
    requireSteps(x, steps, out);
    long n = x.size() / steps;
    BufferChecks.requireIfGiven("initial potential", initial, DType.FLOAT32, n);
    BufferChecks.requireIfGiven("last potential", last, DType.FLOAT32, n);
    elementwise().leakyReadout(x, steps, rate, initial, out, last);
  }

  @Override
  public void leakyReadoutBackward(Buffer gy, int steps, double rate, Buffer gx) {
    requireSteps(gy, steps, gx);
    elementwise().leakyReadoutBackward(gy, steps, rate, gx);
  }

  @Override
  public long firstNonFinite(Buffer buffer) {
    return elementwise().firstNonFinite(buffer);
  }

  @Override
  public double sum(Buffer buffer) {
    return elementwise().sum(buffer);
  }

  private static void requireGroups(
      Buffer features, int rows, int perRow, int group, Buffer groups) {
    if (perRow % group != 0) {
      throw new KlifException("%d features cannot vote in groups of %d".formatted(perRow, group));
    }
    requireSize(features, (long) rows * perRow);
    requireLike(features, groups, (long) rows * (perRow / group));
  }

  private static void requireSteps(Buffer x, int steps, Buffer out) {
    requireSame(x, out);
    if (x.size() % steps != 0) {
      throw new KlifException(
          "%d elements cannot be %d equal time steps".formatted(x.size(), steps));
    }
  }

  private static void requireSame(Buffer a, Buffer b) {
    requireLike(a, b, a.size());
  }

  private static void requireSize(Buffer buffer, long size) {
    BufferChecks.requireSize("a buffer", buffer, size);
  }

  /** Refuses another type than the first buffer's, and another size. */
  private static void requireLike(Buffer like, Buffer buffer, long size) {
    BufferChecks.require("a buffer", buffer, like.type(), size);
  }
}
