package org.klif.device.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.klif.device.Attention;
import org.klif.device.BaseDevice;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.CapturedWork;
import org.klif.device.Convolution;
import org.klif.device.DType;
import org.klif.device.DeviceInfo;
import org.klif.device.ElementwiseOperations;
import org.klif.device.InputQueue;
import org.klif.device.Linear;
import org.klif.device.Loss;
import org.klif.device.NeuronUnit;
import org.klif.device.OptimizerStep;
import org.klif.device.OutputQueue;
import org.klif.device.ParameterLayout;
import org.klif.device.Pooling;
import org.klif.device.Precision;
import org.klif.device.RatePenalty;
import org.klif.device.compile.KernelCache;
import org.klif.device.cpu.dnnl.NativeHeap;
import org.klif.device.cpu.dnnl.OneDnn;
import org.klif.neuron.Neuron;
import org.klif.tensor.Extent;

/** The CPU as a device: oneDNN for convolutions and matrix products, our own loops for all else. */
final class CpuDevice extends BaseDevice {
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

  /** In a precision that this processor has, or emulates. */
  CpuDevice(int threads, Precision precision) {
    this(threads, KernelChoice.standard(precision), precision);
  }

  /** With given inner loops. */
  CpuDevice(int threads, KernelChoice choice, Precision precision) {
    this.precision = precision;
    this.oneDnn = new OneDnn(threads);
    this.parallel = new Parallel(threads);
    this.scratch = new Scratch(threads);
    this.kernels = choice.kernels();
    this.notices = choice.notice().isEmpty() ? List.of() : List.of(choice.notice());
    this.elementwise = new Elementwise(oneDnn, kernels, parallel, scratch, activationType());
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

  /** Work on a block with the scratch memory of the thread that does it. */
  interface BlockWork {
    void run(int block, Scratch.Worker worker);
  }

  /** Does numbered blocks, which the threads share out. */
  void inBlocks(int blocks, BlockWork work) {
    parallel.run(blocks, (block, worker) -> work.run(block, scratch.worker(worker)));
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
    requireAllocatable(size);
    return counted(new CpuBuffer(this, heap.allocate(size * type.bytes()), type, size));
  }

  @Override
  public Buffer allocateParameters(long size) {
    if (!activationType().isHalf()) {
      return allocate(size);
    }
    requireAllocatable(size);
    long bytes = size * activationType().bytes();
    CpuBuffer rounded = new CpuBuffer(this, heap.allocate(bytes), activationType(), size);
    return counted(new CpuBuffer(this, heap.allocateFloats(size), size, rounded));
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
  public OutputQueue outputQueue(List<Buffer> buffers) {
    return new CpuOutputQueue(buffers);
  }

  @Override
  public ParameterLayout linearWeightLayout(int in, int out) {
    return CpuLayouts.linearWeights(in, out);
  }

  @Override
  public ParameterLayout convolutionWeightLayout(int inChannels, int outChannels, Extent kernel) {
    return CpuLayouts.convolutionWeights(inChannels, outChannels, kernel);
  }

  @Override
  public Convolution convolution(Convolution.Spec spec) {
    CpuLinear pixels = CpuLinear.ofPixels(this, spec);
    return pixels == null ? new CpuConvolution(this, spec) : pixels;
  }

  @Override
  public Linear linear(Linear.Spec spec) {
    return new CpuLinear(this, spec);
  }

  @Override
  public Attention attention(Attention.Spec spec) {
    return new CpuAttention(this, spec);
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
  public RatePenalty ratePenalty(RatePenalty.Spec spec) {
    return new CpuRatePenalty(spec);
  }

  @Override
  public OptimizerStep optimizerStep(OptimizerStep.Spec spec) {
    return new CpuOptimizerStep(this, spec);
  }

  @Override
  protected ElementwiseOperations elementwise() {
    return elementwise;
  }

  @Override
  protected void free() {
    parallel.close();
    oneDnn.close();
    heap.close();
  }
}
