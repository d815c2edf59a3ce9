package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD16Async;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;

import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferChecks;
import org.klif.device.DType;
import org.klif.device.ElementwiseOperations;
import org.klif.device.Launch;
import org.klif.device.Operations;

/** The operations of a device that need no plan, for each floating type. */
final class CudaElementwise implements ElementwiseOperations {
  private static final String MODULE = "elementwise";
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
    device.kernel(MODULE, name, type).launch(grid(device.limits(), items), arguments);
  }

  @Override
  public void fill(Buffer target, float value) {
    CudaBuffer to = CudaBuffer.of(target);
    DType type = to.type();
    int status;
    if (type.isHalf()) {
      status = cuMemsetD16Async(to.pointer(), type.toBits(value), to.size(), device.stream());
    } else {
      BufferChecks.requireType("the target of fill", to, DType.FLOAT32);
      int bits = Float.floatToRawIntBits(value);
      status = cuMemsetD32Async(to.pointer(), bits, to.size(), device.stream());
    }
    String call = type.isHalf() ? "cuMemsetD16Async" : "cuMemsetD32Async";
    device.context().check(status, call, to.toString());
    device.context().took(new Launch(call, 0, to.bytes(), 0));
    if (to.rounded() != null) {
      fill(to.rounded(), value);
    }
  }

  @Override
  public void copy(Buffer source, Buffer target) {
    CudaBuffer from = CudaBuffer.of(source);
    CudaBuffer to = CudaBuffer.of(target);
    if (from.type() != to.type()) {
      cast(from, to);
    } else {
      int status = cuMemcpyDtoDAsync(to.pointer(), from.pointer(), from.bytes(), device.stream());
      device.context().check(status, "cuMemcpyDtoDAsync", from.toString());
      device.context().took(new Launch("cuMemcpyDtoDAsync", from.bytes(), to.bytes(), 0));
    }
    if (to.rounded() != null) {
      cast(to, to.rounded());
    }
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
        .module(MODULE)
        .kernel(entry)
        .launch(
            grid(device.limits(), from.size() / 4 + 1),
            new KernelArguments()
                .reads(from)
                .writes(to)
                .i64(from.size())
                .computes(Operations.CAST, from.size()));
  }

  @Override
  public void add(Buffer a, Buffer b, Buffer out) {
    launch(
        "add",
        a.type(),
        packs(a.size(), a),
        new KernelArguments()
            .reads(a)
            .reads(b)
            .writes(out)
            .i64(a.size())
            .computes(Operations.ADD, a.size()));
  }

  @Override
  public void average(Buffer values, Buffer share, Buffer average) {
    device
        .module(MODULE)
        .kernel("average_f32")
        .launch(
            grid(device.limits(), packs(values.size(), values)),
            new KernelArguments()
                .reads(values)
                .reads(share)
                .updates(average)
                .i64(values.size())
                .computes(Operations.AVERAGE, values.size()));
  }

  @Override
  public void repeatOverTime(Buffer x, int steps, Buffer out) {
    overTime("repeat_over_time", x, steps, out, x.size(), 0);
  }

  @Override
  public void sumOverTime(Buffer x, int steps, Buffer out) {
    overTime("sum_over_time", x, steps, out, out.size(), Operations.ADD);
  }

  private void overTime(String name, Buffer x, int steps, Buffer out, long n, int operations) {
    launch(
        name,
        x.type(),
        packs(n, x),
        new KernelArguments()
            .reads(x)
            .writes(out)
            .i32(steps)
            .i64(n)
            .computes(operations, x.size()));
  }

  @Override
  public void dropoutMask(
      Buffer mask, double p, long seed, Buffer counter, int stream, long first) {
    float keep = (float) (1 / (1 - p));
    // a word below the limit drops its element
    long limit = Math.round(p * 0x1p32);
    launch(
        "dropout_mask",
        mask.type(),
        (first % 4 + mask.size() + 3) / 4,
        new KernelArguments()
            .writes(mask)
            .reads(counter)
            .i64(first)
            .i64(mask.size())
            .f32(keep)
            .i64(limit)
            .i64(seed)
            .i32(stream)
            .computes(0, mask.size()));
  }

  @Override
  public void maskOverTime(Buffer x, Buffer mask, int steps, Buffer out) {
    launch(
        "mask_over_time",
        x.type(),
        packs(mask.size(), x),
        new KernelArguments()
            .reads(x)
            .reads(mask)
            .writes(out)
            .i32(steps)
            .i64(mask.size())
            .computes(Operations.ADD, x.size()));
  }

  @Override
  public void channelsFirst(Buffer x, int images, int channels, int pixels, Buffer out) {
    transpose(x, images, pixels, channels, out);
  }

  @Override
  public void channelsLast(Buffer x, int images, int channels, int pixels, Buffer out) {
    transpose(x, images, channels, pixels, out);
  }

  /** out (images, columns, rows) from x (images, rows, columns). */
  private void transpose(Buffer x, int images, int rows, int columns, Buffer out) {
    KernelArguments arguments =
        new KernelArguments()
            .reads(x)
            .writes(out)
            .i64(images)
            .i32(rows)
            .i32(columns)
            .computes(0, x.size());
    if (Math.min(rows, columns) < NARROW) {
      launch("transpose_narrow", x.type(), x.size(), arguments);
      return;
    }
    long tiles = (long) images * tiles(rows) * tiles(columns);
    int most = WAVES * (device.limits().threads() / THREADS);
    device
        .kernel(MODULE, "transpose_tiles", x.type())
        .launch(
            new Grid((int) Math.min(tiles, Math.max(1, most)), 1, 1, TILE, TILE_ROWS, 1, 0),
            arguments);
  }

  private static int tiles(int length) {
    return (length + TILE - 1) / TILE;
  }

  @Override
  public void vote(Buffer x, int rows, int features, int group, Buffer out) {
    vote("vote", x, out, out.size(), group, out.size());
  }

  @Override
  public void voteBackward(Buffer gy, int rows, int features, int group, Buffer gx) {
    vote("vote_backward", gy, gx, gy.size(), group, gx.size());
  }

  private void vote(String name, Buffer from, Buffer to, long groups, int group, long items) {
    launch(
        name,
        from.type(),
        items,
        new KernelArguments()
            .reads(from)
            .writes(to)
            .i64(groups)
            .i32(group)
            .computes(Operations.ADD, groups * group));
  }

  @Override
  public void leakyReadout(
      Buffer x,
      int steps,
      double rate,
      @Nullable Buffer initial,
      Buffer out,
      @Nullable Buffer last) {
    long n = x.size() / steps;
    launch(
        "leaky_readout",
        x.type(),
        n,
        new KernelArguments()
            .reads(x)
            .reads(initial)
            .writes(out)
            .writes(last)
            .i32(steps)
            .i64(n)
            .f32((float) rate)
            .computes(Operations.READOUT, x.size()));
  }

  @Override
  public void leakyReadoutBackward(Buffer gy, int steps, double rate, Buffer gx) {
    long n = gy.size() / steps;
    launch(
        "leaky_readout_backward",
        gy.type(),
        n,
        new KernelArguments()
            .reads(gy)
            .writes(gx)
            .i32(steps)
            .i64(n)
            .f32((float) rate)
            .computes(Operations.READOUT, gy.size()));
  }

  @Override
  public long firstNonFinite(Buffer buffer) {
    return (long) reduce("non_finite", buffer);
  }

  @Override
  public double sum(Buffer buffer) {
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
    Buffer blocks = all.view(0, 2L * grid.x());
    device
        .kernel(MODULE, name + "_partials", buffer.type())
        .launch(
            grid,
            new KernelArguments()
                .reads(buffer)
                .i64(buffer.size())
                .writes(blocks)
                .computes(Operations.ADD, buffer.size()));
    Buffer result = all.view(2L * MOST_PARTIALS, 2);
    device
        .module(MODULE)
        .kernel(name + "_finish")
        .launch(
            Grid.of(1, THREADS),
            new KernelArguments()
                .reads(blocks)
                .i32(grid.x())
                .writes(result)
                .computes(Operations.ADD, grid.x()));
    return device.transfers().readDouble(CudaBuffer.of(result).pointer());
  }

  private static long packs(long elements, Buffer buffer) {
    int width = 16 / buffer.type().bytes();
    return (elements + width - 1) / width;
  }
}
