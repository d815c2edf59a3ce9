package org.klif.train;

import com.google.common.primitives.Floats;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.klif.data.Augmentation;
import org.klif.data.Batch;
import org.klif.data.BatchLoader;
import org.klif.data.Dataset;
import org.klif.data.Epoch;
import org.klif.data.SampleShape;
import org.klif.device.OutOfDeviceMemory;
import org.klif.nn.InputShares;
import org.klif.nn.LayerSummary;
import org.klif.nn.NetworkPlan;
import org.klif.nn.Parameter;
import org.klif.nn.Trace;
import org.klif.run.FiringRates;
import org.klif.run.RunTrace;

/** Records what a trained network does with the first test sample, and its synaptic operations. */
final class TraceRecorder {
  private static final int SHOWN_NEURONS = 200;

  /** Input rates are a mean over so many test samples, or a few more: whole batches. */
  private static final int RATE_SAMPLES = 256;

  /** Pooling and dropout: zeros stay, as behind neurons. */
  private static final Pattern KEEPS_ZEROS = Pattern.compile("(mp|ap|gap|dp).*");

  private final RunContext context;
  private final Dataset test;
  private final NetworkPlan full;

  /**
   * Plans nothing new where the test set fills a batch.
   *
   * @param full a plan of full batches with all activations
   */
  TraceRecorder(RunContext context, Dataset test, NetworkPlan full) {
    this.context = context;
    this.test = test;
    this.full = full;
  }

  /** Runs the network and puts everything together. */
  RunTrace record(List<List<Integer>> confusion) {
    if (test.size() >= full.inputShape().batch()) {
      return record(full, confusion);
    }
    // batches that make up the test set: one, or smaller ones where a device lacks the memory
    int size = test.size();
    while (true) {
      try (NetworkPlan smaller = context.network().plan(size, true)) {
        return record(smaller, confusion);
      } catch (OutOfDeviceMemory e) {
        if (size == 1) {
          throw e;
        }
        do {
          size--;
        } while (test.size() % size != 0);
      }
    }
  }

  private RunTrace record(NetworkPlan plan, List<List<Integer>> confusion) {
    RunTrace.Sample sample = null;
    List<RunTrace.Layer> layers = List.of();
    List<FiringRates> firing = List.of();
    Map<String, InputShares> sums = new LinkedHashMap<>();
    int batches = 0;
    int size = plan.inputShape().batch();
    try (BatchLoader loader =
            new BatchLoader(
                test,
                size,
                context.config().seed(),
                false,
                Augmentation.none(),
                context.entry().normalisation(),
                context.config().encoding(),
                1);
        Epoch epoch = loader.epoch(0, 0)) {
      while (epoch.hasNext() && batches * size < RATE_SAMPLES) {
        Batch batch = epoch.next();
        if (batch.size() != size) {
          break;
        }
        plan.input().upload(batch.images());
        if (batches == 0) {
          Trace trace = plan.trace(0);
          layers = trace.layers().stream().map(TraceRecorder::layer).toList();
          firing = trace.layers().stream().map(TraceRecorder::firing).toList();
          sample = sample(Evaluator.largest(trace.output(), 0, test.classes()));
        }
        plan.forward(false);
        plan.inputs().forEach((layer, shares) -> sums.merge(layer, shares, InputShares::plus));
        batches++;
      }
    }
    return new RunTrace(
        context.entry().name(),
        context.entry().classNames(),
        sample,
        layers,
        confusion,
        operations(sums, batches),
        RunTrace.Energy.HOROWITZ_45_NM,
        firing,
        context.network().parameters().stream().mapToLong(Parameter::size).sum());
  }

  /** The first frame of the first test sample. */
  private RunTrace.Sample sample(int prediction) {
    SampleShape shape = test.shape();
    float[] values = new float[shape.values()];
    test.read(0, values, 0);
    int frame = shape.channels() * shape.height() * shape.width();
    return new RunTrace.Sample(
        0,
        test.label(0),
        prediction,
        new RunTrace.Image(
            shape.channels(),
            shape.height(),
            shape.width(),
            Floats.asList(values).subList(0, frame)));
  }

  private static RunTrace.Layer layer(Trace.Layer layer) {
    int shown = Math.min(SHOWN_NEURONS, layer.neurons());
    List<RunTrace.Spike> spikes = new ArrayList<>();
    int[] counts = new int[shown];
    for (int row = 0; row < shown; row++) {
      for (int step = 0; step < layer.steps(); step++) {
        if (layer.spiked(step, neuron(layer, row, shown))) {
          spikes.add(new RunTrace.Spike(step, row));
          counts[row]++;
        }
      }
    }
    int row = mostTelling(counts, layer.steps());
    return new RunTrace.Layer(
        layer.name(),
        layer.steps(),
        layer.neurons(),
        layer.threshold(),
        spikes,
        shown,
        potential(layer, neuron(layer, row, shown)));
  }

  private static FiringRates firing(Trace.Layer layer) {
    return FiringRates.of(layer.name(), layer.samples(), layer.steps(), layer.fired());
  }

  /** Shown neurons are spread evenly over the layer. */
  private static int neuron(Trace.Layer layer, int row, int shown) {
    return (int) ((long) row * layer.neurons() / shown);
  }

  /** The neuron that fires at about half of the steps: charging, firing and reset are all seen. */
  private static int mostTelling(int[] counts, int steps) {
    return IntStream.range(0, counts.length)
        .boxed()
        .min(Comparator.comparingInt(row -> Math.abs(2 * counts[row] - steps)))
        .orElse(0);
  }

  private static RunTrace.Potential potential(Trace.Layer layer, int neuron) {
    List<Float> charged = new ArrayList<>();
    List<Integer> spikes = new ArrayList<>();
    List<Float> potential = new ArrayList<>();
    for (int step = 0; step < layer.steps(); step++) {
      charged.add(layer.charged(step, neuron));
      spikes.add(layer.spiked(step, neuron) ? 1 : 0);
      potential.add(layer.potential(step, neuron));
    }
    return new RunTrace.Potential(neuron, charged, spikes, potential);
  }

  /** From the shares of a number of batches of equal size, added up. */
  private List<RunTrace.SynapticOperations> operations(Map<String, InputShares> sums, int batches) {
    List<RunTrace.SynapticOperations> operations = new ArrayList<>();
    boolean pulses = context.config().encoding().encoder().pulses();
    for (LayerSummary layer : context.network().summary()) {
      InputShares sum = sums.get(layer.name());
      if (sum != null) {
        double rate = sum.notZero() / batches;
        double macs = (double) layer.macs() * layer.passes();
        boolean spikes = layer.spikingInput() || pulses;
        operations.add(
            new RunTrace.SynapticOperations(
                layer.name(),
                spikes ? RunTrace.Kind.AC : RunTrace.Kind.MAC,
                macs,
                spikes ? macs * rate : macs,
                rate,
                layer.passes(),
                spikes ? macs * Math.max(0, rate - sum.one() / batches) : macs));
      }
      // an encoder's pulses reach the first layer with weights, unless another one changes them
      pulses &= layer.macs() == 0 && KEEPS_ZEROS.matcher(layer.token()).matches();
    }
    return operations;
  }
}
