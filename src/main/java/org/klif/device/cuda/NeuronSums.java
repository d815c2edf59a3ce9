package org.klif.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;

/** Up to four sums over partials, added up in one launch of neuronSums. */
final class NeuronSums {
  private static final int MOST = 4;
  private static final int STRUCT = 40;
  private static final int THREADS = 512;
  private static final int COLUMNS_OF_BLOCK = 32;

  private final ByteBuffer struct =
      ByteBuffer.allocate(MOST * STRUCT).order(ByteOrder.nativeOrder());
  private int count;
  private int widest = 1;

  /**
   * out[c] = factor * sum over rows of partials[row, c].
   *
   * @param weight PLIF's w: also times r (1 - r) with r = sigmoid(w); else null
   */
  void add(long partials, long out, @Nullable Buffer weight, double factor, int rows, int columns) {
    struct.putLong(partials).putLong(out).putLong(CudaBuffer.addressOrZero(weight));
    struct.putDouble(factor).putInt(rows).putInt(columns);
    count++;
    widest = Math.max(widest, columns);
  }

  /** Launches what was added, if anything was. */
  void launch(KernelModule module) {
    if (count > 0) {
      int blocks = (widest + COLUMNS_OF_BLOCK - 1) / COLUMNS_OF_BLOCK;
      module
          .kernel("neuronSums")
          .launch(
              new Grid(blocks, count, 1, THREADS, 1, 1, 0),
              new KernelArguments().bytes(struct.rewind()));
    }
  }
}
