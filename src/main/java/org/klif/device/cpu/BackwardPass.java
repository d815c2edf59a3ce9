package org.klif.device.cpu;

import java.util.Arrays;
import org.klif.device.NeuronUnit;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronConstants;
import org.klif.neuron.Surrogate;

/**
 * The backward pass of a neuron sequence over one chunk: forward again step by step, then back a
 * few time steps at once, so that what belongs to the neurons (k, sums) stays in registers
 * meanwhile. Forward that would lose: each step waits for the potential of the step before.
 */
final class BackwardPass {
  /** More streams than that lose to strided memory at long T. */
  private static final int STEPS_AT_ONCE = 8;

  /** Keeps the steps' places in scratch memory out of one another's cache sets. */
  private static final int PADDING = 16;

  private final Kernels kernels;
  private final Tiles tiles;
  private final float alpha;
  private final int steps;
  private final int channels;
  private final boolean constant;
  private final boolean normalized;
  private final boolean pooled;
  private final boolean max;
  private final boolean smooth;
  private final int stride;

  BackwardPass(Kernels kernels, NeuronUnit.Spec spec, Tiles tiles, int chunk) {
    this.kernels = kernels;
    this.tiles = tiles;
    this.alpha = (float) spec.neuron().common().surrogate().alpha();
    this.steps = spec.input().steps();
    this.channels = spec.input().channels();
    this.constant = spec.input().constant();
    this.normalized = spec.normalized();
    this.pooled = spec.pooling() != null;
    this.max = spec.pooling() == Pooling.Kind.MAX;
    this.smooth = spec.smooth();
    this.stride = chunk + PADDING;
  }

  /**
   * What it is for: the surrogate atan, neurons that fire by the step function, have no other
   * parameter than k and are not scaled by it after firing.
   */
  static boolean suits(NeuronUnit.Spec spec) {
    boolean scaled = spec.neuron() instanceof Neuron.Klif klif && klif.scaleReset();
    return spec.neuron().common().surrogate().kind() == Surrogate.Kind.ATAN
        && !(spec.neuron() instanceof Neuron.Plif)
        && !scaled
        && !spec.smooth();
  }

  /** Elements of scratch memory over all T. */
  static int scratch(int steps, int chunk) {
    return Math.multiplyExact(steps, chunk + PADDING);
  }

  /**
   * Forward again and back in time.
   *
   * @param everySpike a gradient that each spike has beside gSpikes
   * @param w with the potential before the first step and the gradient of that after the last
   */
  void run(
      NeuronConstants c,
      Steps x,
      Steps gx,
      Steps gSpikes,
      float everySpike,
      NeuronChunks.Place place,
      Scratch.Worker w) {
    int n = place.n();
    for (int t = 0; t < steps; t++) {
      for (int run = 0; run < place.runs(); run++) {
        int xOffset = x.base(t) + 4 * place.at(run);
        int at = Scratch.FIRST + run * n;
        int from = at + t * stride;
        kernels.replay(c, tiles, x.at(t), xOffset, w, at, from, n);
      }
    }
    if (constant) {
      Arrays.fill(w.gx, Scratch.FIRST, Scratch.FIRST + place.size(), 0f);
    }
    for (int end = steps; end > 0; end = (end - 1) / STEPS_AT_ONCE * STEPS_AT_ONCE) {
      int first = (end - 1) / STEPS_AT_ONCE * STEPS_AT_ONCE;
      for (int t = first; t < end; t++) {
        int at = Scratch.FIRST + t * stride;
        gradientOfSpikes(c, gSpikes, everySpike, t, place, w, at, at);
      }
      for (int run = 0; run < place.runs(); run++) {
        kernels.backSteps(
            c,
            tiles,
            alpha,
            w,
            Scratch.FIRST + run * n,
            stride,
            first,
            end,
            normalized ? x : null,
            constant ? null : gx,
            4 * place.at(run),
            n);
      }
    }
  }

  /**
   * The gradient of the chunk's spikes at a step.
   *
   * @param everySpike a gradient that each spike has beside gSpikes
   * @param from where the step's H and S are in the worker's memory
   * @param to where their gradient goes
   */
  void gradientOfSpikes(
      NeuronConstants c,
      Steps gSpikes,
      float everySpike,
      int t,
      NeuronChunks.Place place,
      Scratch.Worker w,
      int from,
      int to) {
    int at = gSpikes.base(t) + 4 * place.out();
    Bytes gy = gSpikes.at(t);
    int n = place.n();
    if (pooled && smooth) {
      ScalarKernels.unpoolSpikes(place.rows(max, channels), w, from, gy, at, to);
    } else if (pooled) {
      kernels.unpool(c, tiles, place.rows(max, channels), w, from, gy, at, to);
    } else {
      kernels.load(gy, at, w.gs, to, n);
    }
    if (everySpike != 0) {
      for (int i = to; i < to + place.size(); i++) {
        w.gs[i] += everySpike;
      }
    }
  }
}
