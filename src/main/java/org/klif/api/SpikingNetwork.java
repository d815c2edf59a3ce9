package org.klif.api;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.data.Batch;
import org.klif.device.OptimizerStep;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.nn.Parameter;
import org.klif.nn.StepReadback;
import org.klif.optim.Optimizer;
import org.klif.train.BatchStep;
import org.klif.train.Classifier;
import org.klif.train.OwnLossStep;
import org.klif.train.StreamClassifier;

/**
 * A network of spiking neurons on a device, with its loss and its optimizer: trained batch by
 * batch, asked, recorded, saved and loaded. It owns all that it needs on the device, which {@link
 * #close} gives back.
 *
 * <p>The same settings, samples and device give the same bits.
 */
public final class SpikingNetwork implements AutoCloseable {
  /** Plans for so many batch sizes are kept; a training run needs two. */
  private static final int KEPT_SIZES = 4;

  private static final int TEST_BATCH = 64;

  private final OpenedNetwork opened;
  private final Network network;
  private final Optimizer optimizer;
  private final Plans<BatchStep> training = new Plans<>(KEPT_SIZES, BatchStep::close);
  private final Plans<BatchStep> evaluation = new Plans<>(KEPT_SIZES, BatchStep::close);
  private final Plans<OwnLossStep> ownLoss = new Plans<>(KEPT_SIZES, OwnLossStep::close);
  private final Set<String> frozen = new LinkedHashSet<>();
  private @Nullable Classifier classifier;
  private double learningRate;

  /** By what the loss of the next step is multiplied: 1 where no loss is scaled. */
  private float lossScale;

  /** By what the gradients that are there are multiplied; 0: there are none. */
  private float gradientScale;

  SpikingNetwork(OpenedNetwork opened) {
    this.opened = opened;
    this.network = opened.network();
    this.learningRate = opened.config().optimizer().learningRate();
    try {
      this.optimizer = new Optimizer(network, opened.config().optimizer().options());
      this.lossScale = optimizer.lossScale() == null ? 1 : OptimizerStep.LARGEST_SCALE;
    } catch (RuntimeException | Error e) {
      opened.close();
      throw e;
    }
  }

  /**
   * Begins to describe a network.
   *
   * @param network its text, as of config.yaml's key {@code network}: {@code c32k3 bn sn mp2 | fc10
   *     bn sn}
   */
  public static SpikingNetworkBuilder builder(String network) {
    return new SpikingNetworkBuilder(network);
  }

  /**
   * A trained network.
   *
   * @param path a run's folder, of which the newest checkpoint is taken, or a file that {@link
   *     #save} wrote
   * @param device auto, cpu, cuda or cuda:N
   * @throws KlifException when there is none, it is damaged, or it has a neuron from a file that
   *     this user has not allowed
   */
  public static SpikingNetwork load(Path path, String device) {
    return load(path, device, false);
  }

  /**
   * The same.
   *
   * @param trust neurons from files may be compiled and run, which are code of whoever wrote them
   */
  public static SpikingNetwork load(Path path, String device, boolean trust) {
    return Misuse.asArgument(() -> new SpikingNetwork(OpenedNetwork.load(path, device, trust)));
  }

  /** One training step: forward, loss, backward, update. */
  public StepResult train(float[] images, int[] labels) {
    requireSamples(images, labels);
    BatchStep step = trainingStep(labels.length);
    begin();
    step.put(
        new Batch(labels.length, lastIn(images, labels.length), labels, labels, labels.length));
    step.start();
    step.finish();
    tookStep();
    StepReadback readings = network.readings();
    double loss = readings.lossValue();
    if (!Double.isFinite(loss)) {
      throw step.notFinite(loss, "step " + optimizer.stepCount());
    }
    return result(loss, Math.toIntExact(readings.correct()));
  }

  /** The same with a loss of one's own. */
  public StepResult train(float[] images, int[] labels, LossFunction loss) {
    requireSamples(images, labels);
    OwnLossStep step =
        ownLoss.of(
            labels.length,
            size -> Misuse.asArgument(() -> new OwnLossStep(network, size, optimizer)));
    begin();
    float[] output = step.forward(lastIn(images, labels.length));
    float[] gradient = new float[output.length];
    double value = loss.apply(output, labels, gradient);
    if (!Double.isFinite(value)) {
      throw new KlifException(
          "the loss is %s at step %d, as the program computed it"
              .formatted(value, optimizer.stepCount()));
    }
    step.backward(gradient);
    network.readings().download();
    tookStep();
    return result(value, correct(output, labels));
  }

  private void begin() {
    network.beginStep(optimizer.stepCount());
    optimizer.upload(learningRate);
  }

  /** The update of a step may have changed the scale that its gradients have. */
  private void tookStep() {
    gradientScale = lossScale;
    if (optimizer.lossScale() != null) {
      lossScale = network.readings().scale();
    }
  }

  /** With the moving average, where there is one: it takes the gradients' memory on its way. */
  private <T> T averaged(Supplier<T> work) {
    if (opened.config().optimizer().ema() != 0) {
      gradientScale = 0;
    }
    return optimizer.withAverage(work);
  }

  private StepResult result(double loss, int correct) {
    StepReadback readings = network.readings();
    double norm = readings.norm();
    if (!Double.isFinite(norm) && readings.scale() <= OptimizerStep.SMALLEST_SCALE) {
      throw new KlifException(
          "the gradient is not finite at step %d; a lower learning rate may help"
              .formatted(optimizer.stepCount()));
    }
    // loss scaling has skipped a step whose gradient was too large for 16 bits
    return new StepResult(loss, correct, Double.isFinite(norm) ? norm : 0);
  }

  private int correct(float[] output, int[] labels) {
    int classes = network.outputs();
    int correct = 0;
    for (int n = 0; n < labels.length; n++) {
      float[] rates = new float[classes];
      for (int at = n * classes; at < output.length; at += labels.length * classes) {
        for (int c = 0; c < classes; c++) {
          rates[c] += output[at + c];
        }
      }
      correct += Prediction.of(rates).label() == labels[n] ? 1 : 0;
    }
    return correct;
  }

  /** Share of a set's samples whose class the network finds, 0 to 1. */
  public double accuracy(LabelledSet set) {
    return averaged(
        () -> {
          long correct = 0;
          for (LabelledBatch batch : set.inOrder(TEST_BATCH)) {
            int[] labels = batch.labels();
            requireSamples(batch.images(), labels);
            float[] rates = rates(batch.images(), labels);
            correct += correct(rates, labels);
          }
          return (double) correct / set.size();
        });
  }

  /** Mean outputs over T in evaluation mode, (N, classes). */
  private float[] rates(float[] images, int[] labels) {
    BatchStep step =
        evaluation.of(
            labels.length,
            size -> new BatchStep(network, opened.config().objective().plain(), size, null));
    step.put(
        new Batch(labels.length, lastIn(images, labels.length), labels, labels, labels.length));
    step.start();
    step.finish();
    return step.rates();
  }

  /**
   * Asks for the class of one sample.
   *
   * @param sample (C, H, W), or (T, C, H, W) for frames; of a trained run 0 to 1, which are
   *     normalised as the run did
   */
  public Prediction predict(float[] sample) {
    requireSample(sample);
    if (classifier == null) {
      classifier =
          new Classifier(network, opened.config().objective(), opened.input(), opened.classNames());
    }
    Classifier one = classifier;
    return averaged(() -> prediction(one.classify(sample)));
  }

  static Prediction prediction(Classifier.Prediction found) {
    float[] rates = new float[found.rates().size()];
    for (int c = 0; c < rates.length; c++) {
      rates[c] = found.rates().get(c);
    }
    return new Prediction(found.index(), rates);
  }

  /**
   * Runs one sample and keeps what each neuron did.
   *
   * @param sample as of {@link #predict}
   */
  public SpikeRecord record(float[] sample) {
    requireSample(sample);
    return averaged(
        () -> {
          try (NetworkPlan plan = network.plan(1, true)) {
            plan.input().upload(opened.input().of(sample));
            return new SpikeRecord(plan.trace(0));
          }
        });
  }

  /**
   * Begins a stream: one frame after the other, whose potentials are kept. It is to be closed ahead
   * of the network.
   */
  public SpikingStream stream() {
    if (!opened.input().encoding().isDirect()) {
      throw new IllegalArgumentException(
          "stream: this network takes what the encoder %s makes of whole images"
              .formatted(opened.config().encoder()));
    }
    if (opened.config().optimizer().ema() != 0 && optimizer.stepCount() > 0) {
      throw new IllegalArgumentException(
          "stream: a network with a moving average (optimizer.ema) is saved and loaded first");
    }
    return new SpikingStream(
        new StreamClassifier(network, opened.input(), opened.classNames()), opened.input().shape());
  }

  /** Sets the learning rate of the steps to come. */
  public void learningRate(double rate) {
    if (!(rate >= 0) || Double.isInfinite(rate)) {
      throw new IllegalArgumentException("rate: must be at least 0, not " + rate);
    }
    learningRate = rate;
  }

  /** Names of all parameters in the network's order, as in {@code 0.conv.weight}. */
  public List<String> parameters() {
    return network.parameters().stream().map(Parameter::name).toList();
  }

  /** A parameter's shape, in PyTorch's order. */
  public List<Integer> shape(String parameter) {
    return Arrays.stream(named(parameter).shape()).boxed().toList();
  }

  /** A parameter's values, in PyTorch's order. */
  public float[] parameter(String name) {
    return network.canonical(named(name), network.parameterBuffer());
  }

  /** Sets a parameter's values. */
  public void parameter(String name, float[] values) {
    Parameter parameter = named(name);
    Misuse.requireLength("values", values, parameter.size(), name + " " + shape(name));
    network.setFlat(parameter, network.parameterBuffer(), values);
  }

  /**
   * The gradient of a parameter in the last training step, likewise.
   *
   * @throws IllegalStateException ahead of the first training step, and with a moving average
   *     (optimizer.ema) when the network was asked, recorded or saved since the last one
   */
  public float[] gradient(String name) {
    Parameter parameter = named(name);
    if (gradientScale == 0) {
      throw new IllegalStateException(
          optimizer.stepCount() == 0
              ? "gradient: there was no training step yet"
              : "gradient: it is lost, as the moving average (optimizer.ema) was used since the training step; read gradients ahead of accuracy, predict, record and save");
    }
    float[] gradient = network.canonical(parameter, network.gradientBuffer());
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] /= gradientScale; // a power of two
    }
    return gradient;
  }

  /**
   * Keeps parameters as they are from now on; the others go on learning.
   *
   * @param prefix of their names: {@code 0.} for a layer, {@code 0.conv.weight} for one parameter
   */
  public void freeze(String prefix) {
    List<String> names = parameters().stream().filter(name -> name.startsWith(prefix)).toList();
    if (names.isEmpty()) {
      named(prefix);
    }
    frozen.addAll(names);
    setFrozen();
  }

  /** Lets all parameters learn again. */
  public void unfreeze() {
    frozen.clear();
    setFrozen();
  }

  private void setFrozen() {
    training.close();
    ownLoss.close();
    optimizer.freeze(frozen);
  }

  private Parameter named(String name) {
    Map<String, Parameter> all =
        network.parameters().stream()
            .collect(Collectors.toMap(Parameter::name, p -> p, (a, b) -> a, LinkedHashMap::new));
    return Misuse.named("parameter", all, name);
  }

  /** Number of classes. */
  public int classes() {
    return network.outputs();
  }

  /** The device in one line, as in {@code cpu: AMD EPYC, 2 threads}. */
  public String device() {
    return opened.config().device() + ": " + network.device().info().description();
  }

  /**
   * Writes the network into one safetensors file, which {@link #load} reads: parameters under their
   * names in PyTorch's order, settings, shape and normalisation in the metadata. The optimizer is
   * not in it.
   */
  public void save(Path file) {
    var unused =
        averaged(
            () -> {
              opened.save(file);
              return file;
            });
  }

  private BatchStep trainingStep(int size) {
    return training.of(
        size,
        n ->
            Misuse.asArgument(
                () -> new BatchStep(network, opened.config().objective(), n, optimizer)));
  }

  private void requireSamples(float[] images, int[] labels) {
    Misuse.requireLabels("labels", labels, classes());
    Misuse.requireLength(
        "images",
        images,
        (long) labels.length * opened.input().encoded().values(),
        "%d labels of %s".formatted(labels.length, opened.input().encoded()));
  }

  private void requireSample(float[] sample) {
    Misuse.requireLength(
        "sample", sample, opened.input().shape().values(), opened.input().shape().toString());
  }

  /** (T, N, H, W, C) from (T, N, C, H, W). */
  private float[] lastIn(float[] images, int count) {
    var shape = opened.input().encoded();
    return Layouts.channelsLast(
        images, shape.steps() * count, shape.channels(), shape.height() * shape.width());
  }

  /** Gives back the device and all memory on it. */
  @Override
  public void close() {
    try (opened) {
      Stream.of(training, evaluation, ownLoss).forEach(Plans::close);
      if (classifier != null) {
        classifier.close();
      }
      optimizer.close();
    }
  }
}
