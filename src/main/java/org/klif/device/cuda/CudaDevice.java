package org.klif.device.cuda;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jcuda.driver.CUstream;
import org.jspecify.annotations.Nullable;
import org.klif.device.Attention;
import org.klif.device.BaseDevice;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.CapturedWork;
import org.klif.device.Convolution;
import org.klif.device.DType;
import org.klif.device.DeviceInfo;
import org.klif.device.DeviceLimits;
import org.klif.device.DeviceOptions;
import org.klif.device.ElementwiseOperations;
import org.klif.device.InputQueue;
import org.klif.device.Launch;
import org.klif.device.Linear;
import org.klif.device.Loss;
import org.klif.device.NeuronUnit;
import org.klif.device.OptimizerStep;
import org.klif.device.OutputQueue;
import org.klif.device.ParameterLayout;
import org.klif.device.Pooling;
import org.klif.device.Precision;
import org.klif.device.RatePenalty;
import org.klif.device.compile.CudaText;
import org.klif.device.compile.KernelCache;
import org.klif.tensor.Extent;

/** A GPU as a device; or, behind the stand-in driver, the CPU running the GPU's kernels. */
final class CudaDevice extends BaseDevice {
  private final DeviceInfo info;
  private final DeviceOptions options;
  private final CudaContext context;
  private final DeviceMemory memory;
  private final Transfers transfers;
  private final BufferScope owned = new BufferScope(this);
  private final Map<String, KernelModule> modules = new HashMap<>();
  private final SharedWorkspace scratch = new SharedWorkspace(this);
  private @Nullable Cublas cublas;
  private @Nullable Cudnn cudnn;
  private final Set<CudaLoss> losses = new LinkedHashSet<>();
  private final CudaElementwise elementwise = new CudaElementwise(this);

  /** Takes over the context. */
  CudaDevice(DeviceInfo info, CudaContext context, DeviceOptions options) {
    this.info = info;
    this.options = options;
    this.context = context;
    this.memory = new DeviceMemory(context, options.memoryLimit());
    this.transfers = new Transfers(this, context);
    owned.own(context);
    owned.own(memory);
    owned.own(transfers);
  }

  // For the planned operations

  /** Our kernels of kernels/NAME.ptx, loaded at first use. */
  KernelModule module(String name) {
    return modules.computeIfAbsent(name, n -> owned.own(new KernelModule(context, n)));
  }

  /**
   * A kernel that exists for each type of activations. Those of a type are a module of their own,
   * as a driver compiles all that it loads.
   *
   * @param module without the type: kernels/MODULE_f32.ptx
   */
  Kernel kernel(String module, String name, DType type) {
    String entry = Operand.entry(name, type);
    return module(Operand.entry(module, type)).kernel(entry);
  }

  /** Kernels of a user's neuron, compiled and loaded at first use. */
  KernelModule module(CudaText text) {
    String key = "neuron %s, %s".formatted(text.name(), KernelCache.key(List.of(text.text())));
    KernelModule loaded = modules.get(key);
    if (loaded == null) {
      loaded =
          new NeuronImages(KernelCache.standard())
              .load(
                  text,
                  image -> owned.own(new KernelModule(context, "neuron " + text.name(), image)));
      modules.put(key, loaded);
    }
    return loaded;
  }

  /** The stream all work goes to; the context is current in this thread after it. */
  CUstream stream() {
    return context.stream();
  }

  /** The context: checks calls, and makes itself current. */
  CudaContext context() {
    return context;
  }

  /** What launches are sized by. */
  CudaLimits limits() {
    return context.limits();
  }

  /** How the device was opened. */
  DeviceOptions options() {
    return options;
  }

  /** Copies between host and device. */
  Transfers transfers() {
    return transfers;
  }

  /** Memory of the device, bounded. */
  DeviceMemory memory() {
    return memory;
  }

  /**
   * Closed with the device, before its memory and context: library handles, streams, workspaces.
   *
   * @return the resource
   */
  <T extends AutoCloseable> T own(T resource) {
    return owned.own(resource);
  }

  /**
   * Memory that is not a buffer of the caller's: it is not counted, but has an owner all the same.
   */
  CudaBuffer workspace(DType type, long size) {
    return new CudaBuffer(this, memory.allocate(bytes(type, size)), type, size);
  }

  /** Scratch memory that all layers share. */
  SharedWorkspace scratch() {
    return scratch;
  }

  /** cuBLAS, from its first use on. */
  Cublas cublas() {
    if (cublas == null) {
      cublas = own(new Cublas(this, LibraryPrecision.of(precision())));
    }
    return cublas;
  }

  /** cuDNN, from its first use on. */
  Cudnn cudnn() {
    if (cudnn == null) {
      cudnn = own(new Cudnn(this));
    }
    return cudnn;
  }

  /** From now on {@link #synchronize} asks the loss about its labels. */
  void checkAfterWaiting(CudaLoss loss) {
    losses.add(loss);
  }

  void forget(CudaLoss loss) {
    losses.remove(loss);
  }

  /** Precision of matrix products and activations. */
  Precision precision() {
    return options.precision();
  }

  // Device

  @Override
  public Optional<DeviceLimits> nominalLimits() {
    return context.speed().limits(options.precision());
  }

  @Override
  public DeviceInfo info() {
    return info;
  }

  @Override
  public DType activationType() {
    return precision().activationType();
  }

  @Override
  public Buffer allocate(DType type, long size) {
    requireAllocatable(size);
    return counted(workspace(type, size));
  }

  @Override
  public Buffer allocateParameters(long size) {
    if (!activationType().isHalf()) {
      return allocate(size);
    }
    requireAllocatable(size);
    CudaBuffer rounded = workspace(activationType(), size);
    try {
      DeviceMemory.Block exact = memory.allocate(bytes(DType.FLOAT32, size));
      return counted(new CudaBuffer(this, exact, size, rounded));
    } catch (RuntimeException e) {
      rounded.close();
      throw e;
    }
  }

  private static long bytes(DType type, long size) {
    return Math.multiplyExact(size, (long) type.bytes());
  }

  @Override
  public int stepsAhead() {
    return 1;
  }

  @Override
  public void synchronize() {
    context.synchronize();
    losses.forEach(CudaLoss::requireLabelsInside);
  }

  @Override
  public List<Launch> launchesOf(Runnable work) {
    if (DriverLibrary.kind() != DriverLibrary.Kind.SIM) {
      return super.launchesOf(work);
    }
    context.synchronizeAll();
    SimCounts.take();
    List<Launch> launches = context.launchesOf(work);
    SimCounts.requireAll(launches);
    return launches;
  }

  @Override
  public CapturedWork capture(Runnable work) {
    return new CudaGraph(context, work, options.graph() && !Kernel.CHECKED);
  }

  @Override
  public void onHost(Runnable part) {
    CudaGraph recording = context.recording();
    if (recording == null) {
      part.run();
    } else {
      recording.interrupt(part);
    }
  }

  @Override
  public InputQueue inputQueue(Buffer images, Buffer labels) {
    return new CudaInputQueue(this, CudaBuffer.of(images), CudaBuffer.of(labels));
  }

  @Override
  public OutputQueue outputQueue(List<Buffer> buffers) {
    return new CudaOutputQueue(this, buffers.stream().map(CudaBuffer::of).toList());
  }

  @Override
  public ParameterLayout linearWeightLayout(int in, int out) {
    return ParameterLayout.plain(Math.multiplyExact(in, out));
  }

  @Override
  public ParameterLayout convolutionWeightLayout(int inChannels, int outChannels, Extent kernel) {
    // canonical (out, in, kh, kw) kept as (out, kh, kw, in), cuDNN's filter order of channels last
    int pixels = kernel.area();
    int size = Math.multiplyExact(Math.multiplyExact(inChannels, outChannels), pixels);
    return ParameterLayout.permuted(
        size,
        size,
        canonical -> {
          int pair = canonical / pixels;
          int filter = pair / inChannels;
          return (filter * pixels + canonical % pixels) * inChannels + pair % inChannels;
        });
  }

  @Override
  public Convolution convolution(Convolution.Spec spec) {
    return new CudaConvolution(this, spec);
  }

  @Override
  public Linear linear(Linear.Spec spec) {
    return new CudaLinear(this, spec);
  }

  @Override
  public Attention attention(Attention.Spec spec) {
    return new CudaAttention(this, spec);
  }

  @Override
  public Pooling pooling(Pooling.Spec spec) {
    return new CudaPooling(this, spec);
  }

  @Override
  public BatchNorm batchNorm(BatchNorm.Spec spec) {
    return new CudaBatchNorm(this, spec);
  }

  @Override
  public NeuronUnit neuronUnit(NeuronUnit.Spec spec) {
    return CudaNeuronUnit.of(this, spec);
  }

  @Override
  public Loss loss(Loss.Spec spec) {
    return new CudaLoss(this, spec);
  }

  @Override
  public RatePenalty ratePenalty(RatePenalty.Spec spec) {
    return new CudaRatePenalty(this, spec);
  }

  @Override
  public OptimizerStep optimizerStep(OptimizerStep.Spec spec) {
    return new CudaOptimizerStep(this, spec);
  }

  @Override
  protected ElementwiseOperations elementwise() {
    return elementwise;
  }

  @Override
  protected void free() {
    owned.close();
  }
}
