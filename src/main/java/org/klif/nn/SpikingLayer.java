package org.klif.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.NeuronUnit;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.tensor.ActivationShape;

/**
 * Spiking neurons with what is fused into their pass over memory: the affine of a batch norm in
 * front, a 2x2 pooling of the spikes behind.
 *
 * @param spec what the network's text says of it
 * @param learned k or w, or what a neuron from a file learns; null for nothing
 * @param norm the batch norm in front, or null
 * @param normalised a batch norm is ahead of it, here or further ahead
 * @param readings where its activity goes
 * @param number its place in the readings
 */
record SpikingLayer(
    String name,
    LayerSpec.Spiking spec,
    Neuron neuron,
    @Nullable NeuronParameters learned,
    @Nullable Normalization norm,
    Pooling.@Nullable Kind pooling,
    boolean normalised,
    boolean smooth,
    StepReadback readings,
    int number)
    implements Layer {

  @Override
  public boolean hasParameters() {
    return learned != null || norm != null;
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return new Plan(this, context, input);
  }

  static final class Plan implements LayerPlan {
    private final SpikingLayer layer;
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private final NeuronUnit unit;
    private final @Nullable NormPlan norm;
    private final BatchNorm.@Nullable State state;
    private final Buffer activity;
    private final @Nullable Buffer carried;
    private final @Nullable Buffer everySpike;
    private Slot gOutput;
    private Slot gInput;
    private @Nullable Buffer charged;
    private @Nullable Buffer potential;

    Plan(SpikingLayer layer, PlanContext context, Activation input) {
      this.layer = layer;
      this.context = context;
      this.input = input;
      Buffer gradients = context.spikeGradients();
      everySpike = gradients == null ? null : gradients.view(layer.number, 1);
      NeuronUnit.Spec spec =
          new NeuronUnit.Spec(
              layer.neuron,
              input.shape(),
              layer.norm != null,
              layer.pooling,
              layer.smooth,
              everySpike != null);
      unit = context.own(context.device().neuronUnit(spec));
      norm = layer.norm == null ? null : new NormPlan(context, layer.norm, input.shape());
      state = norm == null ? null : norm.state();
      activity = layer.readings.activity(layer.number);
      carried =
          context.state(
              (long) input.shape().batch() * input.shape().features(), firstStates(layer.neuron));
      output = context.activation(spec.output());
      context.addSpiking(this);
    }

    private static double[] firstStates(Neuron neuron) {
      return neuron instanceof Neuron.Custom custom
          ? custom.model().states().stream().mapToDouble(NeuronModel.State::initial).toArray()
          : new double[] {neuron.common().reset().restingPotential()};
    }

    @Override
    public Activation output() {
      return output;
    }

    /** What the network's user sees of this layer. */
    NeuronLayer describe() {
      return new NeuronLayer(
          layer.name,
          layer.spec,
          layer.neuron,
          input.shape().features(),
          layer.normalised,
          activity,
          layer.learned == null ? List.of() : layer.learned.list());
    }

    @Override
    public @Nullable Slot planBackward(Slot gradient, boolean writable, boolean needInput) {
      gOutput = gradient;
      // the unit writes gx also where nobody needs it
      gInput = context.acquire(input.shape().elements());
      if (!needInput) {
        context.release(gInput);
      }
      return gInput;
    }

    @Override
    public void forward(boolean training) {
      if (norm != null) {
        norm.statistics(input.buffer(), training);
      }
      unit.forward(buffers());
    }

    private NeuronUnit.Forward buffers() {
      return new NeuronUnit.Forward(
          input.buffer(),
          state == null ? null : state.scale(),
          state == null ? null : state.shift(),
          layer.learned == null ? null : layer.learned.buffer(),
          carried,
          output.buffer(),
          carried,
          charged,
          potential,
          activity);
    }

    @Override
    public void backward() {
      unit.backward(
          new NeuronUnit.Backward(
              buffers(),
              gOutput.buffer(),
              everySpike,
              null,
              gInput.buffer(),
              null,
              layer.learned == null ? null : layer.learned.gradient(),
              state,
              norm == null ? null : norm.sums()));
      if (norm != null) {
        norm.backward(input.buffer(), gInput.buffer(), gInput.buffer());
      }
    }

    /** Neurons times time steps. */
    long neuronSteps() {
      return input.shape().varying().elements();
    }

    /** Runs work (a forward pass) and returns F and V of one sample from it. */
    Trace.Layer traced(int sample, Runnable work) {
      ActivationShape shape = input.shape().varying();
      try (Buffer f = context.device().allocate(shape.elements());
          Buffer v = context.device().allocate(shape.elements())) {
        charged = f;
        potential = v;
        work.run();
        return new Trace.Layer(
            layer.name,
            shape.steps(),
            shape.features(),
            layer.neuron.common().threshold(),
            ofSample(f, shape, sample),
            ofSample(v, shape, sample),
            shape.batch(),
            fired(f, shape, (float) layer.neuron.common().threshold()));
      } finally {
        charged = null;
        potential = null;
      }
    }

    /** How often each neuron reached the threshold, (C, H, W), from F (T, N, H, W, C). */
    private static int[] fired(Buffer charged, ActivationShape shape, float threshold) {
      int features = shape.features();
      int pixels = shape.height() * shape.width();
      int[] fired = new int[features];
      float[] image = new float[features];
      for (long row = 0; row < (long) shape.steps() * shape.batch(); row++) {
        charged.download(row * features, image, 0, features);
        for (int i = 0; i < features; i++) {
          if (image[i] >= threshold) {
            fired[i % shape.channels() * pixels + i / shape.channels()]++;
          }
        }
      }
      return fired;
    }

    /** (T, C, H, W) of one sample from (T, N, H, W, C). */
    private static float[] ofSample(Buffer buffer, ActivationShape shape, int sample) {
      int features = shape.features();
      int pixels = shape.height() * shape.width();
      float[] values = new float[Math.multiplyExact(shape.steps(), features)];
      float[] image = new float[features];
      for (int t = 0; t < shape.steps(); t++) {
        long offset = ((long) t * shape.batch() + sample) * features;
        buffer.download(offset, image, 0, features);
        for (int i = 0; i < features; i++) {
          int pixel = i / shape.channels();
          int channel = i % shape.channels();
          values[t * features + channel * pixels + pixel] = image[i];
        }
      }
      return values;
    }
  }
}
