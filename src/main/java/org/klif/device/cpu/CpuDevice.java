package org.klif.device.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.CapturedWork;
import org.klif.device.Convolution;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.DeviceInfo;
import org.klif.device.InputQueue;
import org.klif.device.Linear;
import org.klif.device.Loss;
import org.klif.device.NeuronUnit;
import org.klif.device.OptimizerStep;
import org.klif.device.ParameterLayout;
import org.klif.device.Pooling;
import org.klif.device.Precision;
import org.klif.device.compile.KernelCache;
import org.klif.device.cpu.dnnl.NativeHeap;
import org.klif.device.cpu.dnnl.OneDnn;
import org.klif.neuron.Neuron;

/** The CPU as a device: oneDNN for convolutions and matrix products, our own loops for all else. */
final class CpuDevice implements Device {
  private final NativeHeap heap = new NativeHeap();
  private final OneDnn oneDnn;
  private final Precision precision;
  private final Operands operands;
  private final Parallel parallel;
  private final Scratch scratch;
  private final Kernels kernels;
  private final List<String> notices;
  private final Elementwise elementwise;
  private final HostKernels hostKernels = new HostKernels(KernelCache.standard());
  private final Set<CpuBuffer> live = new HashSet<>();
  private boolean closed;

  CpuDevice(int threads) {
    this(threads, Precision.FLOAT32);
  }

  /** In a precision that this processor has, or emulates. */
  CpuDevice(int threads, Precision precision) {
    this(threads, KernelChoice.standard(), precision);
  }

  /** With given inner loops. */
  CpuDevice(int threads, KernelChoice choice, Precision precision) {
    this.precision = precision;
    this.oneDnn = new OneDnn(threads);
    this.parallel = new Parallel(threads);
    this.scratch = new Scratch(threads);
    this.kernels = choice.kernels();
    this.notices = choice.notice().isEmpty() ? List.of() : List.of(choice.notice());
    this.elementwise = new Elementwise(kernels, parallel, scratch, activationType().isHalf());
    this.operands = new Operands(heap, kernels, activationType(), !OneDnn.hasBfloat16Products());
  }

  OneDnn oneDnn() {
    return oneDnn;
  }

  NativeHeap heap() {
    return heap;
  }

  HostKernels hostKernels() {
    return hostKernels;
  }

  Operands operands() {
    return operands;
  }

  @Override
  public DType activationType() {
    return precision.activationType();
  }

  /** The buffer behind activations, their gradients or masks; another type is refused. */
  CpuBuffer activations(Buffer buffer) {
    return CpuBuffer.of(activationType(), buffer);
  }

  Parallel parallel() {
    return parallel;
  }

  Scratch scratch() {
    return scratch;
  }

  Kernels kernels() {
    return kernels;
  }

  @Override
  public DeviceInfo info() {
    return new DeviceInfo(
        "cpu",
        "%s, %d threads".formatted(processor(), parallel.threads()),
        List.of(
            "matrix work: oneDNN %s, %s".formatted(OneDnn.version(), OneDnn.isa()),
            OneDnn.hasBfloat16Products()
                ? "precision: float32, bf16"
                : "precision: float32 (bf16: this processor has no products of it)",
            "neurons: " + kernels.description()),
        notices);
  }

  private static String processor() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  @Override
  public Buffer allocate(DType type, long size) {
    if (closed) {
      throw new KlifException("the CPU device is closed");
    }
    if (size < 1) {
      throw new KlifException("a buffer needs at least 1 element, not " + size);
    }
    CpuBuffer buffer = new CpuBuffer(this, heap.allocate(size * type.bytes()), type, size);
    live.add(buffer);
    return buffer;
  }

  @Override
  public Buffer allocateParameters(long size) {
    if (!activationType().isHalf()) {
      return allocate(size);
    }
    long bytes = size * activationType().bytes();
    CpuBuffer rounded = new CpuBuffer(this, heap.allocate(bytes), activationType(), size);
    CpuBuffer buffer = new CpuBuffer(this, heap.allocateFloats(size), size, rounded);
    live.add(buffer);
    return buffer;
  }

  boolean forget(CpuBuffer buffer) {
    return live.remove(buffer);
  }

  @Override
  public int liveBuffers() {
    return live.size();
  }

  @Override
  public void synchronize() {
    // every call returns when its work is done
  }

  @Override
  public CapturedWork capture(Runnable work) {
    return new CpuWork(work);
  }

  @Override
  public InputQueue inputQueue(Buffer images, Buffer labels) {
    return new CpuInputQueue(activations(images), CpuBuffer.ofInts(labels));
  }

  @Override
  public ParameterLayout linearWeightLayout(int in, int out) {
    return new CpuLayouts.LinearWeights(in, out);
  }

  @Override
  public ParameterLayout convolutionWeightLayout(int inChannels, int outChannels, int kernel) {
    return new CpuLayouts.ConvolutionWeights(inChannels, outChannels, kernel);
  }

  @Override
  public Convolution convolution(Convolution.Spec spec) {
    return new CpuConvolution(this, spec);
  }

  @Override
  public Linear linear(Linear.Spec spec) {
    return new CpuLinear(this, spec);
  }

  @Override
  public Pooling pooling(Pooling.Spec spec) {
    return new CpuPooling(this, spec);
  }

  @Override
  public BatchNorm batchNorm(BatchNorm.Spec spec) {
    return new CpuBatchNorm(this, spec);
  }

  @Override
  public NeuronUnit neuronUnit(NeuronUnit.Spec spec) {
    return spec.neuron() instanceof Neuron.Custom custom
        ? new CustomCpuUnit(this, spec, custom)
        : new CpuNeuronUnit(this, spec);
  }

  @Override
  public Loss loss(Loss.Spec spec) {
    return new CpuLoss(spec, activationType());
  }

  @Override
  public OptimizerStep optimizerStep(OptimizerStep.Spec spec) {
    return new CpuOptimizerStep(this, spec);
  }

  @Override
  public void fill(Buffer target, float value) {
    CpuBuffer buffer = CpuBuffer.ofAny(target);
    elementwise.fill(buffer.numbers(), value);
    if (buffer.rounded() != null) {
      elementwise.fill(buffer.rounded().numbers(), value);
    }
  }

  @Override
  public void copy(Buffer source, Buffer target) {
    requireSame(source, target);
    CpuBuffer from = CpuBuffer.ofAny(source);
    CpuBuffer to = CpuBuffer.ofAny(target);
    if (from.type() == to.type()) {
      to.bytes().duplicate().put(from.bytes().duplicate());
    } else {
      elementwise.convert(from.numbers(), to.numbers());
    }
    if (to.rounded() != null) {
      elementwise.convert(from.numbers(), to.rounded().numbers());
    }
  }

  @Override
  public void add(Buffer a, Buffer b, Buffer out) {
    requireSame(a, b);
    requireSame(a, out);
    elementwise.add(numbers(a), numbers(b), numbers(out));
  }

  @Override
  public void average(Buffer values, Buffer share, Buffer average) {
    requireSame(values, average);
    CpuBuffer.requireSize("share of an average", share, 1);
    float of = CpuBuffer.of(share).numbers().get(0);
    elementwise.average(CpuBuffer.of(values).bytes(), of, CpuBuffer.of(average).bytes());
  }

  @Override
  public void repeatOverTime(Buffer x, int steps, Buffer out) {
    requireSize(out, x.size() * steps);
    elementwise.repeat(activations(x), steps, activations(out));
  }

  @Override
  public void sumOverTime(Buffer x, int steps, Buffer out) {
    requireSize(x, out.size() * steps);
    elementwise.sumOverTime(numbers(x), steps, numbers(out));
  }

  @Override
  public void dropoutMask(
      Buffer mask, double p, long seed, Buffer counter, int stream, long first) {
    if (!(p >= 0 && p < 1)) {
      throw new KlifException("dropout needs a probability from 0 to below 1, not " + p);
    }
    CpuBuffer.requireSize("counter of a dropout", counter, 2);
    elementwise.dropoutMask(
        numbers(mask), p, seed, CpuBuffer.ofInts(counter).bytes(), stream, first);
  }

  @Override
  public void maskOverTime(Buffer x, Buffer mask, int steps, Buffer out) {
    requireSize(x, mask.size() * steps);
    requireSame(x, out);
    elementwise.maskOverTime(numbers(x), numbers(mask), steps, numbers(out));
  }

  @Override
  public void channelsFirst(Buffer x, int images, int channels, int pixels, Buffer out) {
    requireSize(x, (long) images * channels * pixels);
    requireSame(x, out);
    elementwise.transpose(numbers(x), images, pixels, channels, numbers(out));
  }

  @Override
  public void channelsLast(Buffer x, int images, int channels, int pixels, Buffer out) {
    requireSize(x, (long) images * channels * pixels);
    requireSame(x, out);
    elementwise.transpose(numbers(x), images, channels, pixels, numbers(out));
  }

  @Override
  public void vote(Buffer x, int rows, int features, int group, Buffer out) {
    requireGroups(features, group);
    requireSize(x, (long) rows * features);
    requireSize(out, (long) rows * (features / group));
    elementwise.vote(numbers(x), rows * (features / group), group, numbers(out));
  }

  @Override
  public void voteBackward(Buffer gy, int rows, int features, int group, Buffer gx) {
    requireGroups(features, group);
    requireSize(gx, (long) rows * features);
    requireSize(gy, (long) rows * (features / group));
    elementwise.voteBackward(numbers(gy), rows * (features / group), group, numbers(gx));
  }

  @Override
  public void leakyReadout(
      Buffer x,
      int steps,
      double rate,
      @Nullable Buffer initial,
      Buffer out,
      @Nullable Buffer last) {
    requireSame(x, out);
    requireSteps(x, steps);
    CpuBuffer.requireSizeIfGiven("initial potential", initial, x.size() / steps);
    CpuBuffer.requireSizeIfGiven("last potential", last, x.size() / steps);
    elementwise.leakyReadout(
        numbers(x),
        steps,
        (float) rate,
        initial == null ? null : numbers(initial),
        numbers(out),
        last == null ? null : numbers(last));
  }

  @Override
  public void leakyReadoutBackward(Buffer gy, int steps, double rate, Buffer gx) {
    requireSame(gy, gx);
    requireSteps(gy, steps);
    elementwise.leakyReadoutBackward(numbers(gy), steps, (float) rate, numbers(gx));
  }

  @Override
  public long firstNonFinite(Buffer buffer) {
    Numbers numbers = numbers(buffer);
    for (int i = 0; i < buffer.size(); i++) {
      if (!Float.isFinite(numbers.get(i))) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public double sum(Buffer buffer) {
    Numbers numbers = numbers(buffer);
    double sum = 0;
    for (int i = 0; i < buffer.size(); i++) {
      sum += numbers.get(i);
    }
    return sum;
  }

  private static Numbers numbers(Buffer buffer) {
    return CpuBuffer.ofAny(buffer).numbers();
  }

  private static void requireGroups(int features, int group) {
    if (features % group != 0) {
      throw new KlifException("%d features cannot vote in groups of %d".formatted(features, group));
    }
  }

  private static void requireSteps(Buffer buffer, int steps) {
    if (buffer.size() % steps != 0) {
      throw new KlifException(
          "%d elements cannot be %d equal time steps".formatted(buffer.size(), steps));
    }
  }

  private static void requireSame(Buffer a, Buffer b) {
    requireSize(b, a.size());
  }

  private static void requireSize(Buffer buffer, long size) {
    CpuBuffer.requireSize("a buffer", buffer, size);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      parallel.close();
      oneDnn.close();
      heap.close();
      live.clear();
    }
  }
}
