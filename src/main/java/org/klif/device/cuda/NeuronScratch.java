package org.klif.device.cuda;

import org.jspecify.annotations.Nullable;
import org.klif.device.BufferScope;
import org.klif.device.DType;

/**
 * Memory that a neuron unit has of its own.
 *
 * @param partials partial sums of a pass
 * @param checkpoints potentials at the start of chunks, where shared memory is too small, or null
 * @param kept H of the last forward pass (T, N, H, W, C), or null
 */
record NeuronScratch(
    BufferScope owner,
    CudaBuffer partials,
    @Nullable CudaBuffer checkpoints,
    @Nullable CudaBuffer kept)
    implements AutoCloseable {

  /** Allocates floats; 0 for what is not needed. */
  static NeuronScratch of(CudaDevice device, long partials, long checkpoints, long kept) {
    BufferScope owner = new BufferScope(device);
    try {
      return new NeuronScratch(
          owner,
          owner.own(device.workspace(DType.FLOAT32, partials)),
          checkpoints == 0 ? null : owner.own(device.workspace(DType.FLOAT32, checkpoints)),
          kept == 0 ? null : owner.own(device.workspace(DType.FLOAT32, kept)));
    } catch (RuntimeException e) {
      owner.close();
      throw e;
    }
  }

  @Override
  public void close() {
    owner.close();
  }
}
