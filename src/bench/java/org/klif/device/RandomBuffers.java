package org.klif.device;

import java.util.Random;

/** Inputs of the benchmarks. */
final class RandomBuffers {
  /** A buffer of standard normal numbers. */
  static Buffer normal(Device device, long size, Random random) {
    Buffer buffer = device.allocate(size);
    float[] block = new float[(int) Math.min(size, 1 << 16)];
    for (long start = 0; start < size; start += block.length) {
      int length = (int) Math.min(block.length, size - start);
      for (int i = 0; i < length; i++) {
        block[i] = (float) random.nextGaussian();
      }
      buffer.upload(block, 0, start, length);
    }
    return buffer;
  }

  /** A buffer of spikes: 1 with the given probability, else 0. */
  static Buffer spikes(Device device, long size, double rate, Random random) {
    Buffer buffer = device.allocate(size);
    float[] block = new float[(int) Math.min(size, 1 << 16)];
    for (long start = 0; start < size; start += block.length) {
      int length = (int) Math.min(block.length, size - start);
      for (int i = 0; i < length; i++) {
        block[i] = random.nextDouble() < rate ? 1 : 0;
      }
      buffer.upload(block, 0, start, length);
    }
    return buffer;
  }

  private RandomBuffers() {}
}
