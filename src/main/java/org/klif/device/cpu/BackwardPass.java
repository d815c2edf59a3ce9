package org.klif.device.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
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
    if (constant) {
      Arrays.fill(w.gx, Scratch.FIRST, Scratch.FIRST + place.size(), 0f);
    }
    if (!pooled) {
      replay(c, x, place, w);
      back(c, x, gx, gSpikes, everySpike, w, 0, 0, place.first(), place.n());
      return;
    }
    Kernels.PooledRows rows = place.rows(max, channels);
    int part = kernels.outputsAtOnce(rows, steps);
    for (int output = 0; output < rows.outputs(); output += part) {
      int count = Math.min(part, rows.outputs() - output);
      kernels.replayPooled(
          c,
          tiles,
          rows,
          output,
          count,
          steps,
          x,
          place.first(),
          place.second(),
          w,
          gSpikes,
          place.out(),
          stride);
      // whole windows lie together in both rows, channels of one window in each of its pixels
      boolean whole = count % channels == 0;
      int n = whole ? 2 * count : count;
      int tile = output % channels;
      int upper = rows.element(output);
      for (int i = upper; i < upper + 2 * channels; i += whole ? 2 * channels : channels) {
        back(c, x, gx, null, everySpike, w, i, tile, place.first() + i, n);
        back(c, x, gx, null, everySpike, w, rows.length() + i, tile, place.second() + i, n);
      }
    }
  }

  /**
   * Back in time.
   *
   * @param gSpikes null where the gradient of the spikes is in scratch memory
   * @param element the first one in scratch memory
   * @param tile its index into the tiles
   * @param at its index in a step of x
   */
  private void back(
      NeuronConstants c,
      Steps x,
      Steps gx,
      @Nullable Steps gSpikes,
      float everySpike,
      Scratch.Worker w,
      int element,
      int tile,
      int at,
      int n) {
    int from = Scratch.FIRST + element;
    for (int end = steps; end > 0; end = (end - 1) / STEPS_AT_ONCE * STEPS_AT_ONCE) {
      int first = (end - 1) / STEPS_AT_ONCE * STEPS_AT_ONCE;
      for (int t = first; t < end; t++) {
        int step = from + t * stride;
        if (gSpikes != null) {
          kernels.load(gSpikes.at(t), gSpikes.base(t) + at, w.gs, step, n);
        }
        addToEvery(everySpike, w, step, n);
      }
      kernels.backSteps(
          c,
          tiles,
          tile,
          alpha,
          w,
          from,
          stride,
          first,
          end,
          normalized ? x : null,
          constant ? null : gx,
          at,
          n);
    }
  }

  private void replay(NeuronConstants c, Steps x, NeuronChunks.Place place, Scratch.Worker w) {
    int at = Scratch.FIRST;
    for (int t = 0; t < steps; t++) {
      int from = x.base(t) + place.first();
      kernels.replay(c, tiles, x.at(t), from, w, at, at + t * stride, place.n());
    }
  }

  /** A gradient that each spike has beside the one that is there. */
  static void addToEvery(float everySpike, Scratch.Worker w, int from, int n) {
    for (int i = from; i < from + n && everySpike != 0; i++) {
      w.gs[i] += everySpike;
    }
  }

  /**
   * The gradient of the chunk's spikes at a step.
   *
   * @param from where the step's H and S are in the worker's memory
   * @param to where their gradient goes
   */
  void gradientOfSpikes(
      NeuronConstants c,
      Steps gSpikes,
      int t,
      NeuronChunks.Place place,
      Scratch.Worker w,
      int from,
      int to) {
    int at = gSpikes.base(t) + place.out();
    Elements gy = gSpikes.at(t);
    int n = place.n();
    if (pooled && smooth) {
      ScalarKernels.unpoolSpikes(place.rows(max, channels), w, from, gy, at, to);
    } else if (pooled) {
      kernels.unpool(c, tiles, place.rows(max, channels), w, from, gy, at, to);
    } else {
      kernels.load(gy, at, w.gs, to, n);
    }
  }
}
