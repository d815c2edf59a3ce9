package org.klif.device.cuda;

import org.klif.device.Buffer;
import org.klif.device.DType;

/**
 * The bias of a layer over (rows, channels), planned for one shape: y[r, c] += bias[c], and its
 * gradient, the sum of gy over the rows in a fixed order.
 */
final class CudaBias implements AutoCloseable {
  private static final int SUM_BLOCKS =
      3; // for each multiprocessor: all run at once at up to 80 registers a thread
  private static final int PASS_BLOCKS = 16;

  private final CudaDevice device;
  private final DType type;
  private final long rows;
  private final int channels;
  private final CudaBuffer partials;

  /**
   * Plans a bias.
   *
   * @param type of y and gy
   */
  CudaBias(CudaDevice device, DType type, long rows, int channels) {
    this.device = device;
    this.type = type;
    this.rows = rows;
    this.channels = channels;
    this.partials =
        device.workspace(DType.FLOAT32, Math.max(grid(true).partials(1), grid(false).partials(1)));
  }

  private ColumnGrid grid(boolean aligned) {
    return ColumnGrid.of(device.limits(), rows, channels, aligned, SUM_BLOCKS);
  }

  /** y (rows, channels) += bias (channels). */
  void add(Buffer y, Buffer bias) {
    Operand.require("output of a layer", y, type, rows * channels);
    Operand.require("bias", bias, DType.FLOAT32, channels);
    ColumnGrid grid =
        ColumnGrid.of(
            device.limits(), rows, channels, Operand.aligned(ColumnGrid.PACK, y), PASS_BLOCKS);
    device
        .module("columns")
        .kernel(Operand.entry("bias_add", type))
        .launch(grid.grid(), new KernelArguments().buffer(y).buffer(bias).bytes(grid.struct()));
  }

  /** gBias (channels) = sum over the rows of gy (rows, channels). */
  void gradient(Buffer gy, Buffer gBias) {
    Operand.require("gradient of a layer's output", gy, type, rows * channels);
    Operand.require("gradient of a bias", gBias, DType.FLOAT32, channels);
    ColumnGrid grid = grid(Operand.aligned(ColumnGrid.PACK, gy));
    KernelModule module = device.module("columns");
    module
        .kernel(Operand.entry("column_sums", type))
        .launch(
            grid.grid(), new KernelArguments().buffer(gy).buffer(partials).bytes(grid.struct()));
    module
        .kernel("column_sums_finish")
        .launch(
            grid.finish(),
            new KernelArguments()
                .buffer(partials)
                .i32(grid.blocks())
                .i32(channels)
                .i32(grid.finishTile())
                .buffer(gBias));
  }

  @Override
  public void close() {
    partials.close();
  }
}
