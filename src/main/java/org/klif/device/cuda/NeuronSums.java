package org.klif.device.cuda;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Operations;

/** Sums over partials, added up by neuronSums: four in a launch. */
final class NeuronSums {
  private static final int MOST = 4;

  /** NeuronSum of cuda-kernels/neuron/neuron_common.cu. */
  static final KernelStruct STRUCT =
      new KernelStruct("NeuronSum")
          .address("partials", "out", "weight")
          .f64("factor")
          .i32("rows", "columns");

  private static final int THREADS = 512;
  private static final int COLUMNS_OF_BLOCK = 32;

  private final List<Sum> all = new ArrayList<>();

  private record Sum(long partials, long out, long weight, double factor, int rows, int columns) {}

  /**
   * out[c] = factor * sum over rows of partials[row, c].
   *
   * @param weight PLIF's w: also times r (1 - r) with r = sigmoid(w); else null
   */
  void add(long partials, long out, @Nullable Buffer weight, double factor, int rows, int columns) {
    all.add(new Sum(partials, out, CudaBuffer.addressOrZero(weight), factor, rows, columns));
  }

  /** Launches what was added, if anything was. */
  void launch(CudaDevice device) {
    for (int from = 0; from < all.size(); from += MOST) {
      launch(device, all.subList(from, Math.min(from + MOST, all.size())));
    }
  }

  private static void launch(CudaDevice device, List<Sum> sums) {
    KernelStruct.Writer writer = STRUCT.write(MOST);
    int widest = 1;
    KernelArguments arguments = new KernelArguments();
    long partials = 0;
    for (Sum sum : sums) {
      writer
          .address("partials", sum.partials())
          .address("out", sum.out())
          .address("weight", sum.weight())
          .f64("factor", sum.factor())
          .i32("rows", sum.rows())
          .i32("columns", sum.columns());
      widest = Math.max(widest, sum.columns());
      long each = (long) sum.rows() * sum.columns();
      partials += each;
      int weight = sum.weight() == 0 ? 0 : Float.BYTES;
      arguments.moves((double) Float.BYTES * each + weight, (double) Float.BYTES * sum.columns());
    }
    int blocks = (widest + COLUMNS_OF_BLOCK - 1) / COLUMNS_OF_BLOCK;
    device
        .module("neuron_common")
        .kernel("neuronSums")
        .launch(
            new Grid(blocks, sums.size(), 1, THREADS, 1, 1, 0),
            arguments.bytes(writer.end()).computes(Operations.ADD, partials));
  }
}
