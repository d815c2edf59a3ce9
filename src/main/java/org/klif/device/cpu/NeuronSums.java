package org.klif.device.cpu;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronConstants;

/**
 * The sums of a neuron unit over neurons and time: one partial sum for each block and channel,
 * added up in the order of the blocks, in double precision.
 */
final class NeuronSums {
  private final NeuronUnit.Spec spec;
  private final boolean plif;
  private final int chunk;
  private final int channels;
  private final int blocks;
  private final double[] sumParameter;
  private final double[] sumG;
  private final double[] sumGx;
  private final double[] sumAbs;
  private final double[] spikes;

  NeuronSums(NeuronUnit.Spec spec, int chunk, int channels, int blocks) {
    this.spec = spec;
    this.plif = spec.neuron() instanceof Neuron.Plif;
    this.chunk = chunk;
    this.channels = channels;
    this.blocks = blocks;
    this.sumParameter = new double[blocks * channels];
    this.sumG = new double[blocks * channels];
    this.sumGx = new double[blocks * channels];
    this.sumAbs = new double[blocks];
    this.spikes = new double[blocks];
  }

  /** Keeps the number of spikes of a block. */
  void count(int block, double number) {
    spikes[block] = number;
  }

  /** Writes the mean spikes per neuron-step. */
  void writeRate(@Nullable Buffer activity, double neuronSteps) {
    if (activity != null) {
      CpuBuffer.of(activity).bytes().putFloat(0, (float) (sum(spikes) / neuronSteps));
    }
  }

  /**
   * Sums of a block, from one accumulator per chunk element to one per channel, in double
   * precision.
   */
  void fold(int block, Scratch.Worker w) {
    int base = block * channels;
    Arrays.fill(sumParameter, base, base + channels, 0);
    Arrays.fill(sumG, base, base + channels, 0);
    Arrays.fill(sumGx, base, base + channels, 0);
    double abs = 0;
    float[] parameter = plif ? w.gw : w.gk;
    for (int i = 0, channel = 0; i < chunk; i++) {
      sumParameter[base + channel] += parameter[i];
      sumG[base + channel] += w.sumG[i];
      sumGx[base + channel] += w.sumGx[i];
      abs += w.sumAbs[i];
      channel = channel + 1 == channels ? 0 : channel + 1;
    }
    sumAbs[block] = abs;
  }

  /** Writes what the backward pass collected: gradient of k or w, batch norm's sums, mean |gx|. */
  void write(NeuronUnit.Backward io, NeuronConstants c) {
    if (io.gParameter() != null) {
      int count = Math.toIntExact(io.gParameter().size());
      ByteBuffer target = CpuBuffer.of(io.gParameter()).bytes();
      for (int i = 0; i < count; i++) {
        double total = 0;
        for (int channel = i; channel < channels; channel += count) {
          total += sum(sumParameter, channel);
        }
        if (plif) {
          total *= c.r() * (1.0 - c.r());
        }
        target.putFloat(4 * i, (float) total);
      }
    }
    if (io.normSums() != null) {
      ByteBuffer target = CpuBuffer.of(io.normSums()).bytes();
      for (int channel = 0; channel < channels; channel++) {
        target.putFloat(4 * channel, (float) sum(sumG, channel));
        target.putFloat(4 * (channels + channel), (float) sum(sumGx, channel));
      }
    }
    Buffer activity = io.forward().activity();
    if (activity != null) {
      float mean = (float) (sum(sumAbs) / spec.input().elements());
      CpuBuffer.of(activity).bytes().putFloat(4, mean);
    }
  }

  private double sum(double[] perBlock, int channel) {
    double total = 0;
    for (int block = 0; block < blocks; block++) {
      total += perBlock[block * channels + channel];
    }
    return total;
  }

  private static double sum(double[] values) {
    double total = 0;
    for (double value : values) {
      total += value;
    }
    return total;
  }
}
