package org.klif.device.cuda;

import org.klif.device.DType;
import org.klif.device.NeuronUnit;

/** Which neurons a thread of the sequence kernels carries (cuda-kernels/neuron/lanes.cuh). */
enum NeuronLayout {
  /** Neighbours moved as 16 bytes. */
  VEC("Vec"),
  /** A single neuron: any size, any alignment. */
  ONE("One"),
  /** A 2x2 window of one channel. */
  POOL("Pool");

  /** Lanes of a block: H of a time step is 2 KiB of a block's shared memory. */
  private static final int BLOCK_LANES = 512;

  /** Threads of a block of single neurons. */
  private static final int MOST_THREADS = 256;

  private final String token;

  NeuronLayout(String token) {
    this.token = token;
  }

  /** Name in the entries. */
  String token() {
    return token;
  }

  /** Neurons of a thread. */
  int lanes(DType type) {
    return switch (this) {
      case VEC -> 16 / type.bytes();
      case ONE -> 1;
      case POOL -> 4;
    };
  }

  /** Channels of a thread. */
  int channels(DType type) {
    return this == VEC ? lanes(type) : 1;
  }

  /** Threads of a block. */
  int threads(DType type) {
    return Math.min(MOST_THREADS, BLOCK_LANES / lanes(type));
  }

  /**
   * The layout for a unit whose buffers are aligned to 16 bytes.
   *
   * @param channelwise something differs between channels
   */
  static NeuronLayout of(
      NeuronUnit.Spec spec, DType type, int perStep, boolean channelwise, CudaLimits limits) {
    if (spec.pooling() != null) {
      return POOL;
    }
    int lanes = VEC.lanes(type);
    boolean fits = perStep % lanes == 0 && (!channelwise || spec.input().channels() % lanes == 0);
    // few neurons: more threads hide more latency than wider loads do
    boolean many = perStep / lanes >= limits.multiprocessors() * VEC.threads(type);
    return fits && many && !spec.smooth() ? VEC : ONE;
  }
}
