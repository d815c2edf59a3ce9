package org.klif.device.cpu;

import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.Product;
import org.klif.device.cpu.dnnl.NativeHeap;
import org.klif.device.cpu.dnnl.Scratchpad;

/**
 * What matrix products and convolutions read and write. With activations of 16 bits they read the
 * weights' rounded copy. Where the processor has no products of bfloat16, and emulation was asked
 * for, they work on float32 copies: factors are exactly those of a processor that has them, sums
 * are float32 on both, and the result is rounded once.
 *
 * <p>The copies lie in memory that all operations of a device share, as they run one after another.
 */
final class Operands {
  /** Elements converted at once. */
  private static final int PIECE = 1 << 16;

  private final Kernels kernels;
  private final DType activations;
  private final boolean emulated;
  private final Elements piece = Elements.allocate(PIECE, true);
  private final Scratchpad input;
  private final Scratchpad weight;
  private final Scratchpad output;

  /**
   * Nothing reserved yet.
   *
   * @param activations FLOAT32 or BFLOAT16
   * @param emulated the processor has no products of bfloat16
   */
  Operands(NativeHeap heap, Kernels kernels, DType activations, boolean emulated) {
    this.kernels = kernels;
    this.activations = activations;
    this.emulated = activations.isHalf() && emulated;
    this.input = new Scratchpad(heap);
    this.weight = new Scratchpad(heap);
    this.output = new Scratchpad(heap);
  }

  /** Type of activations in memory. */
  DType activations() {
    return activations;
  }

  /** Elements of activations and weights as the products take them. */
  DType type() {
    return activations.isHalf() && !emulated ? DType.BFLOAT16 : DType.FLOAT32;
  }

  /** Makes room, while planning, for the tensors of a layer. */
  void reserve(Product.Sizes sizes) {
    if (activations.isHalf()) {
      weight.reserve(sizes.weight() * type().bytes());
    }
    if (emulated) {
      input.reserve(sizes.input() * Float.BYTES);
      output.reserve(sizes.output() * Float.BYTES);
    }
  }

  /** Makes room, while planning, for a product of two activations. */
  void reservePair(long first, long second, long result) {
    if (emulated) {
      input.reserve(first * Float.BYTES);
      weight.reserve(second * Float.BYTES);
      output.reserve(result * Float.BYTES);
    }
  }

  /** Address of an activation that takes the place of weights, to be read. */
  long readSecondInput(Buffer x) {
    return read(x, weight);
  }

  /** Address of a layer's input, or its gradient, to be read. */
  long readInput(Buffer x) {
    return read(x, input);
  }

  /** Address of a layer's output, or its gradient, to be read. */
  long readOutput(Buffer y) {
    return read(y, output);
  }

  /** Address that the product writes a layer's output to; {@link #wroteOutput} follows. */
  long writeOutput(Buffer y) {
    return write(y, output);
  }

  /** Address that the product writes the gradient of a layer's input to. */
  long writeInput(Buffer x) {
    return write(x, input);
  }

  /** The product is done. */
  void wroteOutput(Buffer y) {
    wrote(y, output);
  }

  /** The product is done. */
  void wroteInput(Buffer x) {
    wrote(x, input);
  }

  private long read(Buffer buffer, Scratchpad wide) {
    CpuBuffer source = CpuBuffer.of(activations, buffer);
    if (!emulated) {
      return source.address();
    }
    for (long from = 0; from < source.size(); from += PIECE) {
      int n = (int) Math.min(PIECE, source.size() - from);
      kernels.convert(source.elements(from, n), 0, elements(wide, from, n, false), 0, n);
    }
    return wide.address();
  }

  private long write(Buffer buffer, Scratchpad wide) {
    CpuBuffer target = CpuBuffer.of(activations, buffer);
    return emulated ? wide.address() : target.address();
  }

  private void wrote(Buffer buffer, Scratchpad wide) {
    CpuBuffer target = CpuBuffer.of(activations, buffer);
    for (long from = 0; emulated && from < target.size(); from += PIECE) {
      int n = (int) Math.min(PIECE, target.size() - from);
      kernels.convert(elements(wide, from, n, false), 0, target.elements(from, n), 0, n);
    }
  }

  /** Address of FLOAT32 weights as the products read them. */
  long weight(Buffer buffer) {
    CpuBuffer exact = CpuBuffer.of(buffer);
    if (!activations.isHalf()) {
      return exact.address();
    }
    CpuBuffer rounded = exact.rounded();
    if (rounded != null && !emulated) {
      return rounded.address();
    }
    for (long from = 0; from < exact.size(); from += PIECE) {
      int n = (int) Math.min(PIECE, exact.size() - from);
      Elements to = elements(weight, from, n, !emulated);
      Elements rounding = emulated ? piece : to;
      kernels.convert(exact.elements(from, n), 0, rounding, 0, n);
      if (emulated) {
        kernels.convert(rounding, 0, to, 0, n);
      }
    }
    return weight.address();
  }

  private static Elements elements(Scratchpad memory, long from, int n, boolean half) {
    long size = half ? Short.BYTES : Float.BYTES;
    return new Elements(
        Bytes.of(memory.buffer(from * size, n * size), memory.address() + from * size), half);
  }
}
