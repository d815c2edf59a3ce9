package org.klif.device.cpu.dnnl;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;

/** The primitive of one matrix product, built when it is first used. */
final class MatMulPass {
  /** Floating point operations from which on the choice of the kernel shows. */
  private static final long LARGE = 100_000_000;

  private final MatMulShape shape;
  private final OneDnn oneDnn;
  private Primitive primitive;

  MatMulPass(OneDnn oneDnn, MatMulShape shape) {
    this.oneDnn = oneDnn;
    this.shape = shape;
  }

  MatMulShape shape() {
    return shape;
  }

  Primitive primitive() {
    if (primitive == null) {
      primitive = build();
    }
    return primitive;
  }

  private Primitive build() {
    String work = "matrix product " + shape;
    try (Descriptors scope = new Descriptors(work)) {
      dnnl_primitive_desc description = describe(scope);
      if (prefersGemm(shape) && !advanceToGemm(description)) {
        description = describe(scope);
      }
      return shape.bias()
          ? new Primitive(
              oneDnn,
              work,
              description,
              dnnl.DNNL_ARG_SRC,
              dnnl.DNNL_ARG_WEIGHTS,
              dnnl.DNNL_ARG_DST,
              dnnl.DNNL_ARG_BIAS)
          : new Primitive(
              oneDnn,
              work,
              description,
              dnnl.DNNL_ARG_SRC,
              dnnl.DNNL_ARG_WEIGHTS,
              dnnl.DNNL_ARG_DST);
    }
  }

  private dnnl_primitive_desc describe(Descriptors scope) {
    long m = shape.m();
    long n = shape.n();
    long k = shape.k();
    dnnl_memory_desc bias =
        shape.bias() ? scope.strided(DataType.FLOAT32, new long[] {1, n}, new long[] {n, 1}) : null;
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
}
