package org.klif.device.cuda;

import org.klif.device.Buffer;
import org.klif.device.BufferChecks;
import org.klif.device.DType;
import org.klif.device.Operations;

/**
 * The bias of a layer over (rows, channels), planned for one shape: y[r, c] += bias[c], and its
 * gradient, the sum of gy over the rows in a fixed order.
 */
final class CudaBias implements AutoCloseable {
  private static final String MODULE = "columns";
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
        device.workspace(DType.FLOAT32, ColumnGrid.partials(device.limits(), rows, channels, 1));
  }

  /** y (rows, channels) += bias (channels). */
  void add(Buffer y, Buffer bias) {
    BufferChecks.require("output of a layer", y, type, rows * channels);
    BufferChecks.require("bias", bias, DType.FLOAT32, channels);
    ColumnGrid grid = ColumnGrid.forPass(device.limits(), rows, channels, y);
    device
        .kernel(MODULE, "bias_add", type)
        .launch(
            grid.grid(),
            new KernelArguments()
                .updates(y)
                .reads(bias)
                .bytes(grid.struct())
                .computes(Operations.ADD, y.size()));
  }

  /** gBias (channels) = sum over the rows of gy (rows, channels). */
  void gradient(Buffer gy, Buffer gBias) {
    BufferChecks.require("gradient of a layer's output", gy, type, rows * channels);
    BufferChecks.require("gradient of a bias", gBias, DType.FLOAT32, channels);
    boolean aligned = Operand.aligned(ColumnGrid.PACK, gy);
    ColumnGrid grid = ColumnGrid.forSums(device.limits(), rows, channels, aligned);
    Buffer sums = partials.view(0, grid.partials(1));
    device
        .kernel(MODULE, "column_sums", type)
        .launch(
            grid.grid(),
            new KernelArguments()
                .reads(gy)
                .writes(sums)
                .bytes(grid.struct())
                .computes(Operations.ADD, gy.size()));
    device
        .module(MODULE)
        .kernel("column_sums_finish")
        .launch(grid.finish(), grid.finishArguments(sums).writes(gBias));
  }

  @Override
  public void close() {
    partials.close();
  }
}
