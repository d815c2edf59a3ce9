package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD16Async;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;

import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.DType;

/** The operations of a device that need no plan, for each floating type. */
final class CudaElementwise {
  private static final int THREADS = 256;
  private static final int TILE = 32;
  private static final int TILE_ROWS = 8;
  private static final int NARROW = 16; // below, tiles of 32 x 32 are mostly empty
  private static final int MOST_PARTIALS = 1024;
  private static final int WAVES = 4; // so that the last, incomplete one costs little

  private final CudaDevice device;
  private @Nullable CudaBuffer partials; // freed with the device's memory

  CudaElementwise(CudaDevice device) {
    this.device = device;
  }

  /**
   * Blocks of 256 threads for so many items, up to four times what runs at once; threads take the
   * rest in turn.
   */
  static Grid grid(CudaLimits limits, long items) {
    long blocks = (items + THREADS - 1) / THREADS;
    return Grid.of(
        (int) Math.max(1, Math.min(blocks, (long) WAVES * (limits.threads() / THREADS))), THREADS);
  }

  private void launch(String name, DType type, long items, KernelArguments arguments) {
    device
        .module("elementwise")
        .kernel(Operand.entry(name, type))
        .launch(grid(device.limits(), items), arguments);
  }

  /** See {@link org.klif.device.Device#fill}. */
  void fill(Buffer target, float value) {
    CudaBuffer to = CudaBuffer.of(target);
    if (to.type().isHalf()) {
      device
          .context()
          .check(
              cuMemsetD16Async(to.pointer(), to.type().toBits(value), to.size(), device.stream()),
              "cuMemsetD16Async",
              to.toString());
    } else {
      CudaBuffer.requireType("the target of fill", to, DType.FLOAT32);
      device
          .context()
          .check(
              cuMemsetD32Async(
                  to.pointer(), Float.floatToRawIntBits(value), to.size(), device.stream()),
              "cuMemsetD32Async",
              to.toString());
    }
  }

  /** See {@link org.klif.device.Device#copy}; also from one floating type to another. */
  void copy(Buffer source, Buffer target) {
    requireSize(target, source.size());
    CudaBuffer from = CudaBuffer.of(source);
    CudaBuffer to = CudaBuffer.of(target);
    if (from.type() != to.type()) {
      cast(from, to);
      return;
    }
    device
        .context()
        .check(
            cuMemcpyDtoDAsync(to.pointer(), from.pointer(), from.bytes(), device.stream()),
            "cuMemcpyDtoDAsync",
            from.toString());
  }

  /** Converts between FLOAT32 and a 16-bit type, rounded to nearest even. */
  private void cast(CudaBuffer from, CudaBuffer to) {
    String entry;
    if (from.type() == DType.FLOAT32 && to.type().isHalf()) {
      entry = Operand.entry("cast_f32", to.type());
    } else if (from.type().isHalf() && to.type() == DType.FLOAT32) {
      entry = Operand.entry("cast", from.type()) + "_f32";
    } else {
      throw new KlifException("%s cannot be converted to %s".formatted(from.type(), to.type()));
    }
    device
        .module("elementwise")
        .kernel(entry)
        .launch(
            grid(device.limits(), from.size() / 4 + 1),
            new KernelArguments().buffer(from).buffer(to).i64(from.size()));
  }

  /** See {@link org.klif.device.Device#add}. */
  void add(Buffer a, Buffer b, Buffer out) {
    requireSame(a, b);
    requireSame(a, out);
    launch(
        "add",
        a.type(),
        packs(a.size(), a),
        new KernelArguments().buffer(a).buffer(b).buffer(out).i64(a.size()));
  }

  /** See {@link org.klif.device.Device#average}. */
  void average(Buffer values, Buffer share, Buffer average) {
    Operand.require("values of an average", values, DType.FLOAT32, average.size());
    Operand.require("an average", average, DType.FLOAT32, values.size());
    Operand.require("share of an average", share, DType.FLOAT32, 1);
    launch(
        "average",
        DType.FLOAT32,
        packs(values.size(), values),
        new KernelArguments().buffer(values).buffer(share).buffer(average).i64(values.size()));
  }

  /** See {@link org.klif.device.Device#repeatOverTime}. */
  void repeatOverTime(Buffer x, int steps, Buffer out) {
    requireSize(out, x.size() * steps);
    requireType(out, x);
    overTime("repeat_over_time", x, steps, out, x.size());
  }

  /** See {@link org.klif.device.Device#sumOverTime}. */
  void sumOverTime(Buffer x, int steps, Buffer out) {
    requireSize(x, out.size() * steps);
    requireType(out, x);
    overTime("sum_over_time", x, steps, out, out.size());
  }

  private void overTime(String name, Buffer x, int steps, Buffer out, long n) {
    launch(
        name, x.type(), packs(n, x), new KernelArguments().buffer(x).buffer(out).i32(steps).i64(n));
  }

  /** See {@link org.klif.device.Device#dropoutMask}. */
  void dropoutMask(Buffer mask, double p, long seed, Buffer counter, int stream, long first) {
    if (!(p >= 0 && p < 1)) {
      throw new KlifException("dropout needs a probability from 0 to below 1, not " + p);
    }
    Operand.require("counter of a dropout", counter, DType.INT32, 2);
    float keep = (float) (1 / (1 - p));
    // a word below the limit drops its element
    long limit = Math.round(p * 0x1p32);
    launch(
        "dropout_mask",
        mask.type(),
        (first % 4 + mask.size() + 3) / 4,
        new KernelArguments()
            .buffer(mask)
            .buffer(counter)
            .i64(first)
            .i64(mask.size())
            .f32(keep)
            .i64(limit)
            .i64(seed)
            .i32(stream));
  }

  /** See {@link org.klif.device.Device#maskOverTime}. */
  void maskOverTime(Buffer x, Buffer mask, int steps, Buffer out) {
    requireSize(x, mask.size() * steps);
    requireSame(x, out);
    requireType(mask, x);
    launch(
        "mask_over_time",
        x.type(),
        packs(mask.size(), x),
        new KernelArguments().buffer(x).buffer(mask).buffer(out).i32(steps).i64(mask.size()));
  }

  /** out (images, columns, rows) from x (images, rows, columns). */
  void transpose(Buffer x, int images, int rows, int columns, Buffer out) {
    requireSize(x, (long) images * rows * columns);
    requireSame(x, out);
    KernelArguments arguments =
        new KernelArguments().buffer(x).buffer(out).i64(images).i32(rows).i32(columns);
    if (Math.min(rows, columns) < NARROW) {
      launch("transpose_narrow", x.type(), x.size(), arguments);
      return;
    }
    long tiles = (long) images * tiles(rows) * tiles(columns);
    int most = WAVES * (device.limits().threads() / THREADS);
    device
        .module("elementwise")
        .kernel(Operand.entry("transpose_tiles", x.type()))
        .launch(
            new Grid((int) Math.min(tiles, Math.max(1, most)), 1, 1, TILE, TILE_ROWS, 1, 0),
            arguments);
  }

  private static int tiles(int length) {
    return (length + TILE - 1) / TILE;
  }

  /** See {@link org.klif.device.Device#vote}. */
  void vote(Buffer x, int rows, int features, int group, Buffer out) {
    requireGroups(features, group);
    requireSize(x, (long) rows * features);
    vote("vote", x, out, (long) rows * (features / group), group);
  }

  /** See {@link org.klif.device.Device#voteBackward}. */
  void voteBackward(Buffer gy, int rows, int features, int group, Buffer gx) {
    requireGroups(features, group);
    requireSize(gx, (long) rows * features);
    long groups = (long) rows * (features / group);
    requireSize(gy, groups);
    requireType(gx, gy);
    launch(
        "vote_backward",
        gy.type(),
        gx.size(),
        new KernelArguments().buffer(gy).buffer(gx).i64(groups).i32(group));
  }

  private void vote(String name, Buffer x, Buffer out, long groups, int group) {
    requireSize(out, groups);
    requireType(out, x);
    launch(
        name, x.type(), groups, new KernelArguments().buffer(x).buffer(out).i64(groups).i32(group));
  }

  /** See {@link org.klif.device.Device#leakyReadout}. */
  void leakyReadout(
      Buffer x,
      int steps,
      double rate,
      @Nullable Buffer initial,
      Buffer out,
      @Nullable Buffer last) {
    requireSame(x, out);
    requireSteps(x, steps);
    long n = x.size() / steps;
    Operand.requireIfGiven("initial potential", initial, DType.FLOAT32, n);
    Operand.requireIfGiven("last potential", last, DType.FLOAT32, n);
    launch(
        "leaky_readout",
        x.type(),
        n,
        new KernelArguments()
            .buffer(x)
            .nullable(initial)
            .buffer(out)
            .nullable(last)
            .i32(steps)
            .i64(n)
            .f32((float) rate));
  }

  /** See {@link org.klif.device.Device#leakyReadoutBackward}. */
  void leakyReadoutBackward(Buffer gy, int steps, double rate, Buffer gx) {
    requireSame(gy, gx);
    requireSteps(gy, steps);
    long n = gy.size() / steps;
    launch(
        "leaky_readout_backward",
        gy.type(),
        n,
        new KernelArguments().buffer(gy).buffer(gx).i32(steps).i64(n).f32((float) rate));
  }

  /** See {@link org.klif.device.Device#firstNonFinite}. */
  long firstNonFinite(Buffer buffer) {
    return (long) reduce("non_finite", buffer);
  }

  /** See {@link org.klif.device.Device#sum}. */
  double sum(Buffer buffer) {
    return reduce("sum", buffer);
  }

  /** One result, in float64, of partial results of the blocks. */
  private double reduce(String name, Buffer buffer) {
    CudaBuffer all = partials;
    if (all == null) {
      // float64 partial results, then the result
      all = device.workspace(DType.FLOAT32, 2L * (MOST_PARTIALS + 1));
      partials = all;
    }
    Grid grid = grid(device.limits(), buffer.size());
    grid = Grid.of(Math.min(grid.x(), MOST_PARTIALS), THREADS);
    device
        .module("elementwise")
        .kernel(Operand.entry(name + "_partials", buffer.type()))
        .launch(grid, new KernelArguments().buffer(buffer).i64(buffer.size()).buffer(all));
    Buffer result = all.view(2L * MOST_PARTIALS, 2);
    device
        .module("elementwise")
        .kernel(name + "_finish")
        .launch(
            Grid.of(1, THREADS), new KernelArguments().buffer(all).i32(grid.x()).buffer(result));
    return device.transfers().readDouble(CudaBuffer.of(result).pointer());
  }

  private static long packs(long elements, Buffer buffer) {
    int width = 16 / buffer.type().bytes();
    return (elements + width - 1) / width;
  }

  private static void requireGroups(int features, int group) {
    if (features % group != 0) {
      throw new KlifException("%d features cannot vote in groups of %d".formatted(features, group));
    }
  }

  private static void requireSteps(Buffer buffer, int steps) {
    if (buffer.size() % steps != 0) {
      throw new KlifException(
          "%d elements cannot be %d equal time steps".formatted(buffer.size(), steps));
    }
  }

  private static void requireSame(Buffer a, Buffer b) {
    requireSize(b, a.size());
    requireType(b, a);
  }

  private static void requireType(Buffer buffer, Buffer like) {
    CudaBuffer.requireType("a buffer", buffer, like.type());
  }

  private static void requireSize(Buffer buffer, long size) {
    CudaBuffer.requireSize("a buffer", buffer, size);
  }
}
