package org.klif.device.cpu.dnnl;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;
import org.klif.KlifException;
import org.klif.device.Convolution;
import org.klif.device.DType;

/**
 * oneDNN on this machine's CPU: one engine, one in-order stream, and every primitive made so far,
 * kept by shape until {@link #close}.
 *
 * <p>Calls may come from one thread at a time; a change of thread is noticed and the number of
 * OpenMP threads, which OpenMP keeps per calling thread, is set again. All calls are synchronous:
 * when one returns its result is in memory. The same call with the same thread count gives the same
 * bits.
 */
public final class OneDnn implements AutoCloseable {
  private final int threads;
  private final Function ompSetNumThreads;
  private final NativeHeap heap = new NativeHeap();
  private final Scratchpad scratchpad = new Scratchpad(heap);
  private final Scratchpad weights = new Scratchpad(heap);
  private final dnnl_engine engine = new dnnl_engine();
  private final dnnl_stream stream = new dnnl_stream();
  private final Map<TypedShape, ConvolutionPasses> convolutions = new HashMap<>();
  private final Map<MatMulShape, Primitive> products = new HashMap<>();
  private final Map<BatchedShape, Primitive> batchedProducts = new HashMap<>();
  private final Map<TransposeShape, Primitive> transpositions = new HashMap<>();
  private final List<Primitive> primitives = new ArrayList<>();
  private Thread caller;
  private boolean closed;

  /**
   * Loads oneDNN and starts its CPU engine.
   *
   * @param threads OpenMP threads that each call may use, at least 1
   * @throws KlifException when the native library cannot be loaded on this machine
   */
  public OneDnn(int threads) {
    if (threads < 1) {
      throw new KlifException("oneDNN needs at least 1 thread, not " + threads + ".");
    }
    this.threads = threads;
    try {
      // Symbols looked up through the JNI library are those of the OpenMP run time it was bound
      // to, even when the process holds a second one.
      NativeLibrary library = NativeLibrary.getInstance(Loader.load(dnnl.class));
      ompSetNumThreads = library.getFunction("omp_set_num_threads");
      Function ompGetMaxThreads = library.getFunction("omp_get_max_threads");
      bindToCaller();
      int granted = ompGetMaxThreads.invokeInt(new Object[0]);
      if (granted != threads) {
        throw new KlifException(
            "OpenMP grants %d threads where %d were asked for; check OMP_THREAD_LIMIT."
                .formatted(granted, threads));
      }
    } catch (LinkageError e) {
      throw new KlifException(
          "oneDNN's native library does not load on this machine: " + e.getMessage(), e);
    }
    try {
      String work = "to start on the CPU";
      Status.check(dnnl.dnnl_engine_create(engine, dnnl.dnnl_cpu, 0), "dnnl_engine_create", work);
      Status.check(
          dnnl.dnnl_stream_create(stream, engine, dnnl.dnnl_stream_in_order),
          "dnnl_stream_create",
          work);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** oneDNN's version, such as {@code 3.11.0}. */
  public static String version() {
    dnnl_version_t version = dnnl.dnnl_version();
    return version.major() + "." + version.minor() + "." + version.patch();
  }

  /** The instruction set that oneDNN compiles for on this machine, such as {@code avx512_core}. */
  public static String isa() {
    int isa = dnnl.dnnl_get_effective_cpu_isa();
    return switch (isa) {
      case dnnl.dnnl_cpu_isa_default -> "any";
      case dnnl.dnnl_cpu_isa_sse41 -> "sse41";
      case dnnl.dnnl_cpu_isa_avx -> "avx";
      case dnnl.dnnl_cpu_isa_avx2 -> "avx2";
      case dnnl.dnnl_cpu_isa_avx2_vnni -> "avx2_vnni";
      case dnnl.dnnl_cpu_isa_avx2_vnni_2 -> "avx2_vnni_2";
      case dnnl.dnnl_cpu_isa_avx512_core -> "avx512_core";
      case dnnl.dnnl_cpu_isa_avx512_core_vnni -> "avx512_core_vnni";
      case dnnl.dnnl_cpu_isa_avx512_core_bf16 -> "avx512_core_bf16";
      case dnnl.dnnl_cpu_isa_avx512_core_fp16 -> "avx512_core_fp16";
      case dnnl.dnnl_cpu_isa_avx512_core_amx -> "avx512_core_amx";
      case dnnl.dnnl_cpu_isa_avx512_core_amx_fp16 -> "avx512_core_amx_fp16";
      case dnnl.dnnl_cpu_isa_avx10_2_512 -> "avx10_2_512";
      case dnnl.dnnl_cpu_isa_avx10_2_512_amx_2 -> "avx10_2_512_amx_2";
      default -> "isa 0x" + Integer.toHexString(isa);
    };
  }

  /** Whether this machine's processor multiplies bfloat16 numbers itself. */
  public static boolean hasBfloat16Products() {
    int isa = dnnl.dnnl_get_effective_cpu_isa();
    return (isa & dnnl.dnnl_cpu_isa_avx512_core_bf16) == dnnl.dnnl_cpu_isa_avx512_core_bf16;
  }

  /** OpenMP threads that each call may use. */
  public int threads() {
    return threads;
  }

  /** Working memory that the primitives made so far share, in bytes. */
  public long scratchBytes() {
    return scratchpad.bytes() + weights.bytes();
  }

  /** A shape with the type of its activations. */
  private record TypedShape(Convolution.Spec shape, DType type) {}

  /** The three passes of a float32 convolution; the same shape shares its primitives. */
  public DnnlConvolution convolution(Convolution.Spec shape) {
    return convolution(shape, DType.FLOAT32);
  }

  /**
   * The three passes of a convolution; the same shape and type share their primitives.
   *
   * @param type of activations, their gradients and the weights; bias and gradients of weights and
   *     bias are float32
   */
  public DnnlConvolution convolution(Convolution.Spec shape, DType type) {
    enter();
    return new DnnlConvolution(
        this,
        convolutions.computeIfAbsent(
            new TypedShape(shape, type), s -> new ConvolutionPasses(this, shape, type)));
  }

  /** A matrix product; equal shapes share their primitive. Sums and bias are float32. */
  public DnnlMatMul matMul(MatMulShape shape) {
    enter();
    return new DnnlMatMul(this, shape);
  }

  /** Products of many matrices; equal shapes share their primitive. Sums are float32. */
  public DnnlBatchedMatMul batchedMatMul(BatchedShape shape) {
    enter();
    return new DnnlBatchedMatMul(this, shape);
  }

  /** Copies matrices to their transposed ones, from address to address. */
  public void transpose(TransposeShape shape, long from, long to) {
    enter();
    Primitive primitive = transpositions.computeIfAbsent(shape, s -> s.build(this));
    primitive.set(0, from);
    primitive.set(1, to);
    primitive.run();
  }

  /** The primitive of products of many matrices. */
  Primitive products(BatchedShape shape) {
    return batchedProducts.computeIfAbsent(shape, s -> DnnlBatchedMatMul.build(this, s));
  }

  /** The primitive of a product. */
  Primitive product(MatMulShape shape) {
    return products.computeIfAbsent(shape, s -> DnnlMatMul.build(this, s));
  }

  /** Refuses work after close and follows a change of the calling thread. */
  void enter() {
    if (closed) {
      throw new KlifException("oneDNN was closed; nothing can be computed with it any more.");
    }
    if (Thread.currentThread() != caller) {
      bindToCaller();
    }
  }

  private void bindToCaller() {
    ompSetNumThreads.invokeVoid(new Object[] {threads});
    caller = Thread.currentThread();
  }

  /** Closes {@code primitive} when this is closed. */
  void own(Primitive primitive) {
    primitives.add(primitive);
  }

  NativeHeap heap() {
    return heap;
  }

  Scratchpad scratchpad() {
    return scratchpad;
  }

  /** Holds weights in the order that the running primitive wants. */
  Scratchpad weights() {
    return weights;
  }

  dnnl_engine engine() {
    return engine;
  }

  dnnl_stream stream() {
    return stream;
  }

  /** Destroys every primitive, the stream and the engine; a second call does nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (int i = primitives.size() - 1; i >= 0; i--) {
      primitives.get(i).close();
    }
    if (!stream.isNull()) {
      dnnl.dnnl_stream_destroy(stream);
    }
    if (!engine.isNull()) {
      dnnl.dnnl_engine_destroy(engine);
    }
    scratchpad.close();
    weights.close();
    heap.close();
  }
}
