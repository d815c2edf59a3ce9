package org.klif.device.cuda;

import jcuda.Pointer;
import org.klif.device.BaseAttention;
import org.klif.device.BatchedProduct;
import org.klif.device.Buffer;

/**
 * Attention by cuBLAS: for each head one call over all images, as a stride from matrix to matrix
 * can go through either, but not both. Row-major matrices are transposed ones to cuBLAS, so factors
 * are swapped.
 */
final class CudaAttention extends BaseAttention {
  private final CudaDevice device;
  private final Spec spec;
  private final String name;
  private final Pointer scale;

  /** Plans an attention. */
  CudaAttention(CudaDevice device, Spec spec) {
    super(spec, device.activationType());
    this.device = device;
    this.spec = spec;
    this.name =
        "attention of %d images, %d tokens, %d channels, %d heads"
            .formatted(spec.images(), spec.tokens(), spec.channels(), spec.heads());
    this.scale = HostScalar.pointer((float) spec.scale());
    device.cublas(); // at plan time, before anything is captured
  }

  @Override
  protected void multiply(BatchedProduct product, Buffer left, Buffer right, Buffer result) {
    BatchedProduct.Place a = BatchedProduct.place(spec, product.left().matrix());
    BatchedProduct.Place b = BatchedProduct.place(spec, product.right().matrix());
    BatchedProduct.Place c = BatchedProduct.place(spec, product.result());
    boolean transA = product.left().transposed();
    boolean transB = product.right().transposed();
    Cublas.Batch batch =
        new Cublas.Batch(
            new Cublas.Shape(transB, transA, c.columns(), c.rows(), a.columns(transA)),
            b.leading(),
            b.perImage(),
            a.leading(),
            a.perImage(),
            c.leading(),
            c.perImage(),
            spec.images());
    String what = product.result() + " of an " + name;
    for (int head = 0; head < spec.heads(); head++) {
      device
          .cublas()
          .multiply(
              what,
              batch,
              product.scaled() ? scale : HostScalar.ONE,
              from(right, head * b.perHead()),
              from(left, head * a.perHead()),
              from(result, head * c.perHead()));
    }
  }

  private static CudaBuffer from(Buffer buffer, long element) {
    return CudaBuffer.of(buffer.view(element, buffer.size() - element));
  }
}
