package org.klif.device.cuda;

import java.util.Optional;
import org.klif.device.DeviceLimits;
import org.klif.device.Precision;

/**
 * What a GPU can do at most by its properties: its highest clock and its memory's, as the driver
 * gives them.
 *
 * @param multiprocessors number of multiprocessors
 * @param capability compute capability: 80, 90, 100
 * @param kilohertz highest clock of a multiprocessor
 * @param memoryKilohertz highest clock of the memory, which moves two words a cycle
 * @param memoryBits width of the memory's bus
 */
record GpuSpeed(
    int multiprocessors, int capability, int kilohertz, int memoryKilohertz, int memoryBits) {
  private static final double GIGA_PER_KILO = 1e-6;

  /** The limits in a precision; empty where the driver does not say or the GPU is not known. */
  Optional<DeviceLimits> limits(Precision precision) {
    int flops = flopsPerCycle(precision);
    if (flops == 0 || kilohertz <= 0 || memoryKilohertz <= 0 || memoryBits <= 0) {
      return Optional.empty();
    }
    return Optional.of(
        new DeviceLimits(
            2.0 * memoryKilohertz * memoryBits / Byte.SIZE * GIGA_PER_KILO,
            (double) flops * multiprocessors * kilohertz * GIGA_PER_KILO,
            "from the GPU's properties: highest clocks, %d multiprocessors, %s"
                .formatted(multiprocessors, precision.token())));
  }

  /**
   * Dense floating-point operations of a multiprocessor in a cycle, from NVIDIA's architecture
   * papers: float32 on the cores, the others on the tensor cores with float32 sums.
   */
  private int flopsPerCycle(Precision precision) {
    int tensor =
        switch (capability) {
          case 80 -> 2048;
          case 86, 87, 89 -> 512;
          case 90 -> 4096;
          case 100 -> 8192;
          default -> 0;
        };
    return switch (precision) {
      case FLOAT32 -> tensor == 0 ? 0 : capability == 80 ? 128 : 256;
      case TF32 -> tensor / 2;
      case BF16, FP16 -> tensor;
    };
  }
}
