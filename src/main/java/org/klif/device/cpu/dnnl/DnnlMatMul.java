package org.klif.device.cpu.dnnl;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.klif.KlifException;
import org.klif.device.DType;

/**
 * A matrix product C[m][n] = op(A)[m][k] op(B)[k][n] (+ bias[n]) of plain matrices in the caller's
 * memory. Its primitive is built when it is first used.
 */
public final class DnnlMatMul implements AutoCloseable {
  /** Floating point operations from which on the choice of the kernel shows. */
  private static final long LARGE = 100_000_000;

  private final OneDnn oneDnn;
  private final MatMulShape shape;
  private Primitive primitive;
  private boolean closed;

  DnnlMatMul(OneDnn oneDnn, MatMulShape shape) {
    this.oneDnn = oneDnn;
    this.shape = shape;
  }

  /**
   * Computes the product.
   *
   * @param bias address of n floats, 0 exactly when this product was made without bias
   */
  public void run(long a, long b, long bias, long c) {
    if (closed) {
      throw new KlifException("Matrix product " + shape + " was used after its close.");
    }
    oneDnn.enter();
    if (a == 0 || b == 0 || c == 0) {
      throw new KlifException("Matrix product " + shape + " got no memory for A, B or C.");
    }
    if ((bias != 0) != shape.bias()) {
      throw new KlifException(
          "Matrix product %s %s."
              .formatted(
                  shape, bias == 0 ? "got no memory for its bias" : "was made without a bias"));
    }
    if (primitive == null) {
      primitive = oneDnn.product(shape);
    }
    primitive.set(0, a);
    primitive.set(1, b);
    primitive.set(2, c);
    if (bias != 0) {
      primitive.set(3, bias);
    }
    primitive.run();
  }

  /** A primitive for a shape. */
  static Primitive build(OneDnn oneDnn, MatMulShape shape) {
    String work = "matrix product " + shape;
    try (Descriptors scope = new Descriptors(work)) {
      dnnl_primitive_desc description = describe(oneDnn, shape, scope);
      if (prefersGemm(shape) && !advanceToGemm(description)) {
        description = describe(oneDnn, shape, scope);
      }
      int[] plain = {dnnl.DNNL_ARG_SRC, dnnl.DNNL_ARG_WEIGHTS, dnnl.DNNL_ARG_DST};
      int[] biased = {
        dnnl.DNNL_ARG_SRC, dnnl.DNNL_ARG_WEIGHTS, dnnl.DNNL_ARG_DST, dnnl.DNNL_ARG_BIAS
      };
      return new Primitive(oneDnn, work, description, shape.bias() ? biased : plain);
    }
  }

  private static dnnl_primitive_desc describe(OneDnn oneDnn, MatMulShape shape, Descriptors scope) {
    long m = shape.m();
    long n = shape.n();
    long k = shape.k();
    dnnl_memory_desc bias =
        shape.bias() ? scope.strided(DType.FLOAT32, new long[] {1, n}, new long[] {n, 1}) : null;
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    int status =
        dnnl.dnnl_matmul_primitive_desc_create(
            description,
            oneDnn.engine(),
            scope.strided(shape.type(), new long[] {m, k}, shape.a().strides()),
            scope.strided(shape.type(), new long[] {k, n}, shape.b().strides()),
            bias,
            scope.strided(shape.result(), new long[] {m, n}, new long[] {shape.ldc(), 1}),
            scope.attributes());
    return scope.owned(description, status, "dnnl_matmul_primitive_desc_create");
  }

  /**
   * oneDNN offers its batch-reduce kernels first. On large products its classic packed product is
   * faster where B is stored by rows (up to 20 %), and slower where B is stored by columns (by 30
   * %). A rule by shape, not a trial, so that bits do not change from run to run.
   */
  private static boolean prefersGemm(MatMulShape shape) {
    return !shape.b().transposed() && shape.flops() >= LARGE;
  }

  /** Moves on to the packed product; false when this machine has none, all offers then used up. */
  private static boolean advanceToGemm(dnnl_primitive_desc description) {
    while (!Primitive.implementationOf(description).startsWith("gemm:jit")) {
      if (dnnl.dnnl_primitive_desc_next_impl(description) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Gives this handle back; the primitive stays with {@link OneDnn} for the next of its shape. */
  @Override
  public void close() {
    closed = true;
  }
}
