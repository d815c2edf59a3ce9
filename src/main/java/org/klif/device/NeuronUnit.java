package org.klif.device;

import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.neuron.Neuron;
import org.klif.tensor.ActivationShape;

/**
 * The fused unit of a spiking network, planned for one shape: [batch-norm affine] + charge + scale
 * + ReLU + fire + reset over all T in one pass, and its backward pass through time in another
 * (docs/MATH.md; arXiv 2302.09238). A 2x2 pooling of the spikes may be fused behind it. No neuron
 * state is kept between the passes: backward recomputes the potentials from x.
 */
public interface NeuronUnit extends PlannedOperation {
  /**
   * What is planned.
   *
   * @param input shape of x; when constant, x is (N, H, W, C) and read at each of the T steps
   * @param normalized x is read as scale[c] * x + shift[c]
   * @param pooling 2x2 pooling of the spikes, or null; needs even H and W
   * @param smooth for gradient checks: the spike is the surrogate's primitive instead of a step, so
   *     that finite differences see the same function as the backward pass
   * @param everySpike the backward pass may be given {@link Backward#everySpike}
   */
  record Spec(
      Neuron neuron,
      ActivationShape input,
      boolean normalized,
      Pooling.@Nullable Kind pooling,
      boolean smooth,
      boolean everySpike) {
    /** Checks the fused pooling. */
    public Spec {
      if (pooling != null && (input.height() % 2 != 0 || input.width() % 2 != 0)) {
        throw new KlifException("fused pooling needs an even height and width: " + input);
      }
    }

    /** Without a gradient that all spikes have. */
    public Spec(
        Neuron neuron,
        ActivationShape input,
        boolean normalized,
        Pooling.@Nullable Kind pooling,
        boolean smooth) {
      this(neuron, input, normalized, pooling, smooth, false);
    }

    /** Shape of the output spikes. */
    public ActivationShape output() {
      ActivationShape spikes = input.varying();
      return pooling == null
          ? spikes
          : spikes.withImage(input.channels(), input.height() / 2, input.width() / 2);
    }
  }

  /**
   * Buffers of the forward pass.
   *
   * @param x input current, see {@link Spec#input}
   * @param scale C elements when normalized, else null
   * @param shift C elements when normalized, else null
   * @param parameter KLIF: k, 1 or C elements; PLIF: w, 1 element; else null
   * @param initial potential before the first step (N, H, W, C), null for the resting potential
   * @param spikes output (T, N, H, W, C), pooled when pooling is fused
   * @param last output: potential after the last step (N, H, W, C), or null; may be initial
   * @param charged output: F at each step (T, N, H, W, C), or null
   * @param potential output: V after the reset at each step (T, N, H, W, C), or null
   * @param activity output, 2 elements: [0] mean spikes per neuron-step; backward writes [1] mean
   *     |gradient of x|; or null
   */
  record Forward(
      Buffer x,
      @Nullable Buffer scale,
      @Nullable Buffer shift,
      @Nullable Buffer parameter,
      @Nullable Buffer initial,
      Buffer spikes,
      @Nullable Buffer last,
      @Nullable Buffer charged,
      @Nullable Buffer potential,
      @Nullable Buffer activity) {
    /** The buffers a layer in training needs. */
    public static Forward of(
        Buffer x, @Nullable Buffer parameter, Buffer spikes, @Nullable Buffer activity) {
      return new Forward(x, null, null, parameter, null, spikes, null, null, null, activity);
    }

    /** With a batch norm's affine in front. */
    public Forward normalized(Buffer newScale, Buffer newShift) {
      return new Forward(
          x, newScale, newShift, parameter, initial, spikes, last, charged, potential, activity);
    }

    /** With the potential before the first and after the last step. */
    public Forward streaming(@Nullable Buffer newInitial, @Nullable Buffer newLast) {
      return new Forward(
          x, scale, shift, parameter, newInitial, spikes, newLast, charged, potential, activity);
    }

    /** With F and V written at each step, for plots and tests. */
    public Forward traced(Buffer newCharged, Buffer newPotential) {
      return new Forward(
          x, scale, shift, parameter, initial, spikes, last, newCharged, newPotential, activity);
    }
  }

  /**
   * Buffers of the backward pass.
   *
   * @param forward the buffers of the forward pass (x, scale, shift, parameter, initial are read
   *     again)
   * @param gSpikes gradient of the (pooled) spikes
   * @param everySpike 1 element: a gradient that each spike has beside gSpikes, ahead of pooling,
   *     see {@link RatePenalty}; or null for 0
   * @param gLast gradient of the last potential, or null for 0
   * @param gx output: gradient of the unit's current (of the affine's output when normalized),
   *     summed over T when the input is constant
   * @param gInitial output: gradient of the initial potential, or null
   * @param gParameter output: gradient of k or w, or null
   * @param norm when normalized: mean and invStd, else null
   * @param normSums output when normalized, 2 C elements: sum of gx and of gx * xhat, see {@link
   *     BatchNorm#backward}
   */
  record Backward(
      Forward forward,
      Buffer gSpikes,
      @Nullable Buffer everySpike,
      @Nullable Buffer gLast,
      Buffer gx,
      @Nullable Buffer gInitial,
      @Nullable Buffer gParameter,
      BatchNorm.@Nullable State norm,
      @Nullable Buffer normSums) {
    /** Without a gradient that all spikes have. */
    public Backward(
        Forward forward,
        Buffer gSpikes,
        @Nullable Buffer gLast,
        Buffer gx,
        @Nullable Buffer gInitial,
        @Nullable Buffer gParameter,
        BatchNorm.@Nullable State norm,
        @Nullable Buffer normSums) {
      this(forward, gSpikes, null, gLast, gx, gInitial, gParameter, norm, normSums);
    }
  }

  /** One pass over memory, all T. */
  void forward(Forward io);

  /** One pass over memory, all T, last step first. Sums have a fixed order. */
  void backward(Backward io);
}
