package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronConstants;

/** The sums of a neuron unit over neurons and time. */
final class NeuronSums {
  private final NeuronUnit.Spec spec;
  private final boolean plif;
  private final int chunk;
  private final int channels;
  private final BlockSums parameter;
  private final BlockSums g;
  private final BlockSums gx;
  private final BlockSums abs;
  private final BlockSums spikes;

  NeuronSums(NeuronUnit.Spec spec, int chunk, int channels, int blocks) {
    this.spec = spec;
    this.plif = spec.neuron() instanceof Neuron.Plif;
    this.chunk = chunk;
    this.channels = channels;
    this.parameter = new BlockSums(blocks, channels);
    this.g = new BlockSums(blocks, channels);
    this.gx = new BlockSums(blocks, channels);
    this.abs = new BlockSums(blocks, 1);
    this.spikes = new BlockSums(blocks, 1);
  }

  /** Keeps the number of spikes of a block. */
  void count(int block, double number) {
    spikes.set(block, number);
  }

  /** Writes the mean spikes per neuron-step. */
  void writeRate(@Nullable Buffer activity, double neuronSteps) {
    if (activity != null) {
      CpuBuffer.of(activity).bytes().putFloat(0, (float) (spikes.total(0) / neuronSteps));
    }
  }

  /** Keeps the sums of a block. */
  void fold(int block, Scratch.Worker w) {
    parameter.fold(block, plif ? w.gw : w.gk, chunk);
    g.fold(block, w.sumG, chunk);
    gx.fold(block, w.sumGx, chunk);
    abs.fold(block, w.sumAbs, chunk);
  }

  /** Writes what the backward pass collected: gradient of k or w, batch norm's sums, mean |gx|. */
  void write(NeuronUnit.Backward io, NeuronConstants c) {
    if (io.gParameter() != null) {
      int count = Math.toIntExact(io.gParameter().size());
      Bytes target = CpuBuffer.of(io.gParameter()).bytes();
      for (int i = 0; i < count; i++) {
        double total = 0;
        for (int channel = i; channel < channels; channel += count) {
          total += parameter.total(channel);
        }
        if (plif) {
          total *= c.r() * (1.0 - c.r());
        }
        target.putFloat(4 * i, (float) total);
      }
    }
    if (io.normSums() != null) {
      Bytes target = CpuBuffer.of(io.normSums()).bytes();
      for (int channel = 0; channel < channels; channel++) {
        target.putFloat(4 * channel, (float) g.total(channel));
        target.putFloat(4 * (channels + channel), (float) gx.total(channel));
      }
    }
    Buffer activity = io.forward().activity();
    if (activity != null) {
      float mean = (float) (abs.total(0) / spec.input().elements());
      CpuBuffer.of(activity).bytes().putFloat(4, mean);
    }
  }
}
