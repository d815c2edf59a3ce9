package org.klif.device.cpu.dnnl;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.klif.KlifException;

/**
 * Products of many matrices in the caller's memory, one for each image and head; sums are float32.
 * The primitive is built when it is first used.
 */
public final class DnnlBatchedMatMul implements AutoCloseable {
  private final OneDnn oneDnn;
  private final BatchedShape shape;
  private Primitive primitive;
  private boolean closed;

  DnnlBatchedMatMul(OneDnn oneDnn, BatchedShape shape) {
    this.oneDnn = oneDnn;
    this.shape = shape;
  }

  /** Computes the products from the addresses of the first matrices. */
  public void run(long a, long b, long c) {
    if (closed) {
      throw new KlifException("Products " + shape + " were used after their close.");
    }
    oneDnn.enter();
    if (a == 0 || b == 0 || c == 0) {
      throw new KlifException("Products " + shape + " got no memory for A, B or C.");
    }
    if (primitive == null) {
      primitive = oneDnn.products(shape);
    }
    primitive.set(0, a);
    primitive.set(1, b);
    primitive.set(2, c);
    primitive.run();
  }

  /** A primitive for a shape. */
  static Primitive build(OneDnn oneDnn, BatchedShape shape) {
    String work = "products " + shape;
    try (Descriptors scope = new Descriptors(work)) {
      dnnl_memory_desc a = scope.strided(shape.type(), shape.sizesA(), shape.stridesA());
      dnnl_memory_desc b = scope.strided(shape.type(), shape.sizesB(), shape.stridesB());
      dnnl_memory_desc c = scope.strided(shape.type(), shape.sizesC(), shape.stridesC());
      dnnl_primitive_attr attributes =
          shape.scale() == 1 ? scope.attributes() : scope.scaling(shape.scale());
      dnnl_primitive_desc description = new dnnl_primitive_desc();
      int status =
          dnnl.dnnl_matmul_primitive_desc_create(
              description, oneDnn.engine(), a, b, null, c, attributes);
      return new Primitive(
          oneDnn,
          work,
          scope.owned(description, status, "dnnl_matmul_primitive_desc_create"),
          dnnl.DNNL_ARG_SRC,
          dnnl.DNNL_ARG_WEIGHTS,
          dnnl.DNNL_ARG_DST);
    }
  }

  /** oneDNN's name of the implementation, once it was used. */
  String implementation() {
    return primitive.implementation();
  }

  /** Gives this handle back; the primitive stays with {@link OneDnn} for the next of its shape. */
  @Override
  public void close() {
    closed = true;
  }
}
