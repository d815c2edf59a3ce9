package org.klif.profile;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.klif.device.Attention;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.CapturedWork;
import org.klif.device.Convolution;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.DeviceInfo;
import org.klif.device.DeviceLimits;
import org.klif.device.InputQueue;
import org.klif.device.Linear;
import org.klif.device.Loss;
import org.klif.device.NeuronUnit;
import org.klif.device.Operations;
import org.klif.device.OptimizerStep;
import org.klif.device.OutputQueue;
import org.klif.device.ParameterLayout;
import org.klif.device.Pooling;
import org.klif.device.Probe;
import org.klif.device.RatePenalty;
import org.klif.tensor.Extent;

/**
 * A device whose operations a recorder is told of. Memory and results are those of the device
 * inside: a profile changes no bit. Closing it closes that device.
 */
final class ProfiledDevice implements Device {
  private final Device inner;
  private final Recorder recorder;
  private final Costs costs;

  ProfiledDevice(Device inner, Recorder recorder) {
    this.inner = inner;
    this.recorder = recorder;
    this.costs = new Costs(inner.activationType().bytes());
  }

  @Override
  public Probe probe() {
    return recorder;
  }

  @Override
  public DeviceInfo info() {
    return inner.info();
  }

  @Override
  public Optional<DeviceLimits> nominalLimits() {
    return inner.nominalLimits();
  }

  @Override
  public DType activationType() {
    return inner.activationType();
  }

  @Override
  public Buffer allocate(DType type, long size) {
    return inner.allocate(type, size);
  }

  @Override
  public Buffer allocateParameters(long size) {
    return inner.allocateParameters(size);
  }

  @Override
  public int liveBuffers() {
    return inner.liveBuffers();
  }

  @Override
  public void synchronize() {
    inner.synchronize();
  }

  @Override
  public int stepsAhead() {
    return inner.stepsAhead();
  }

  @Override
  public CapturedWork capture(Runnable work) {
    return new ProfiledOperations.OfWork(inner.capture(work), recorder, work);
  }

  @Override
  public void onHost(Runnable part) {
    inner.onHost(part);
  }

  @Override
  public InputQueue inputQueue(Buffer images, Buffer labels) {
    return new ProfiledOperations.OfQueue(
        inner.inputQueue(images, labels), recorder, moved(images, labels));
  }

  @Override
  public OutputQueue outputQueue(List<Buffer> buffers) {
    return inner.outputQueue(buffers);
  }

  @Override
  public ParameterLayout linearWeightLayout(int in, int out) {
    return inner.linearWeightLayout(in, out);
  }

  @Override
  public ParameterLayout convolutionWeightLayout(int inChannels, int outChannels, Extent kernel) {
    return inner.convolutionWeightLayout(inChannels, outChannels, kernel);
  }

  @Override
  public Convolution convolution(Convolution.Spec spec) {
    return new ProfiledOperations.OfProduct(
        "convolution", inner.convolution(spec), recorder, costs.product(spec));
  }

  @Override
  public Linear linear(Linear.Spec spec) {
    return new ProfiledOperations.OfProduct(
        "linear", inner.linear(spec), recorder, costs.product(spec));
  }

  @Override
  public Attention attention(Attention.Spec spec) {
    return new ProfiledOperations.OfAttention(
        inner.attention(spec), recorder, costs.forward(spec), costs.backward(spec));
  }

  @Override
  public Pooling pooling(Pooling.Spec spec) {
    return new ProfiledOperations.OfPooling(
        inner.pooling(spec), recorder, costs.forward(spec), costs.backward(spec));
  }

  @Override
  public BatchNorm batchNorm(BatchNorm.Spec spec) {
    return new ProfiledOperations.OfBatchNorm(inner.batchNorm(spec), recorder, costs, spec);
  }

  @Override
  public NeuronUnit neuronUnit(NeuronUnit.Spec spec) {
    return new ProfiledOperations.OfNeuronUnit(
        inner.neuronUnit(spec),
        recorder,
        spec.pooling() == null ? "neurons" : "neurons, pooling",
        costs.forward(spec),
        costs.backward(spec));
  }

  @Override
  public Loss loss(Loss.Spec spec) {
    return new ProfiledOperations.OfLoss(
        inner.loss(spec), recorder, costs.forward(spec), costs.backward(spec));
  }

  @Override
  public RatePenalty ratePenalty(RatePenalty.Spec spec) {
    return new ProfiledOperations.OfRatePenalty(inner.ratePenalty(spec), recorder);
  }

  @Override
  public OptimizerStep optimizerStep(OptimizerStep.Spec spec) {
    return new ProfiledOperations.OfOptimizer(
        inner.optimizerStep(spec), recorder, Costs.step(spec));
  }

  /** Each buffer is read or written once; so many operations for each element of the last. */
  private static Cost moved(int operations, Buffer... buffers) {
    double bytes = 0;
    double last = 0;
    for (Buffer buffer : buffers) {
      last = buffer.size();
      bytes += last * buffer.type().bytes();
    }
    return new Cost(bytes, operations * last);
  }

  private static Cost moved(Buffer... buffers) {
    return moved(0, buffers);
  }

  @Override
  public void fill(Buffer target, float value) {
    recorder.operation("fill", moved(target), () -> inner.fill(target, value));
  }

  @Override
  public void copy(Buffer source, Buffer target) {
    recorder.operation("copy", moved(source, target), () -> inner.copy(source, target));
  }

  @Override
  public void add(Buffer a, Buffer b, Buffer out) {
    recorder.operation("add", moved(Operations.ADD, a, b, out), () -> inner.add(a, b, out));
  }

  @Override
  public void average(Buffer values, Buffer share, Buffer average) {
    recorder.operation(
        "average",
        moved(Operations.AVERAGE, values, average, average),
        () -> inner.average(values, share, average));
  }

  @Override
  public void repeatOverTime(Buffer x, int steps, Buffer out) {
    recorder.operation(
        "repeat over time", moved(x, out), () -> inner.repeatOverTime(x, steps, out));
  }

  @Override
  public void sumOverTime(Buffer x, int steps, Buffer out) {
    recorder.operation(
        "sum over time", moved(Operations.ADD, out, x), () -> inner.sumOverTime(x, steps, out));
  }

  @Override
  public void dropoutMask(
      Buffer mask, double p, long seed, Buffer counter, int stream, long first) {
    recorder.operation(
        "dropout mask",
        moved(mask),
        () -> inner.dropoutMask(mask, p, seed, counter, stream, first));
  }

  @Override
  public void maskOverTime(Buffer x, Buffer mask, int steps, Buffer out) {
    recorder.operation(
        "dropout",
        moved(Operations.ADD, x, mask, out),
        () -> inner.maskOverTime(x, mask, steps, out));
  }

  @Override
  public void channelsFirst(Buffer x, int images, int channels, int pixels, Buffer out) {
    recorder.operation(
        "channels first",
        moved(x, out),
        () -> inner.channelsFirst(x, images, channels, pixels, out));
  }

  @Override
  public void channelsLast(Buffer x, int images, int channels, int pixels, Buffer out) {
    recorder.operation(
        "channels last", moved(x, out), () -> inner.channelsLast(x, images, channels, pixels, out));
  }

  @Override
  public void vote(Buffer x, int rows, int features, int group, Buffer out) {
    recorder.operation(
        "vote", moved(Operations.ADD, out, x), () -> inner.vote(x, rows, features, group, out));
  }

  @Override
  public void voteBackward(Buffer gy, int rows, int features, int group, Buffer gx) {
    recorder.operation(
        "vote, gradient",
        moved(Operations.ADD, gy, gx),
        () -> inner.voteBackward(gy, rows, features, group, gx));
  }

  @Override
  public void leakyReadout(
      Buffer x,
      int steps,
      double rate,
      @Nullable Buffer initial,
      Buffer out,
      @Nullable Buffer last) {
    recorder.operation(
        "leaky readout",
        moved(Operations.READOUT, x, out),
        () -> inner.leakyReadout(x, steps, rate, initial, out, last));
  }

  @Override
  public void leakyReadoutBackward(Buffer gy, int steps, double rate, Buffer gx) {
    recorder.operation(
        "leaky readout, gradient",
        moved(Operations.READOUT, gy, gx),
        () -> inner.leakyReadoutBackward(gy, steps, rate, gx));
  }

  @Override
  public long firstNonFinite(Buffer buffer) {
    return inner.firstNonFinite(buffer);
  }

  @Override
  public double sum(Buffer buffer) {
    return inner.sum(buffer);
  }

  @Override
  public void close() {
    inner.close();
  }
}
