package org.klif.device.cpu.dnnl;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;

/** The primitive of one matrix product. */
final class MatMulPass implements AutoCloseable {
  private final MatMulShape shape;
  private final Primitive primitive;

  MatMulPass(OneDnn oneDnn, MatMulShape shape, DataType type) {
    this.shape = shape;
    String work = "matrix product " + shape;
    try (Descriptors scope = new Descriptors(work, type)) {
      long m = shape.m();
      long n = shape.n();
      long k = shape.k();
      dnnl_memory_desc bias =
          shape.bias() ? scope.strided(new long[] {1, n}, new long[] {n, 1}) : null;
      dnnl_primitive_desc description = new dnnl_primitive_desc();
      int status =
          dnnl.dnnl_matmul_primitive_desc_create(
              description,
              oneDnn.engine(),
              scope.strided(new long[] {m, k}, shape.a().strides()),
              scope.strided(new long[] {k, n}, shape.b().strides()),
              bias,
              scope.strided(new long[] {m, n}, new long[] {shape.ldc(), 1}),
              scope.attributes(shape.accumulate()));
      scope.owned(description, status, "dnnl_matmul_primitive_desc_create");
      primitive =
          shape.bias()
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

  MatMulShape shape() {
    return shape;
  }

  Primitive primitive() {
    return primitive;
  }

  @Override
  public void close() {
    primitive.close();
  }
}
