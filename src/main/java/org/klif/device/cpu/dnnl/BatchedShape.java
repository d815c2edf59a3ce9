package org.klif.device.cpu.dnnl;

import org.klif.device.Attention;
import org.klif.device.BatchedProduct;
import org.klif.device.DType;

/**
 * Sizes and places of a product of the matrices of all images and heads: C = scale op(A) op(B).
 *
 * @param c what C is
 * @param type elements of A, B and C
 */
public record BatchedShape(
    int images,
    int heads,
    BatchedProduct.Place a,
    boolean transA,
    BatchedProduct.Place b,
    boolean transB,
    BatchedProduct.Place c,
    float scale,
    DType type) {

  /** That of one product of an attention. */
  public static BatchedShape of(Attention.Spec spec, BatchedProduct product, DType type) {
    return new BatchedShape(
        spec.images(),
        spec.heads(),
        BatchedProduct.place(spec, product.left().matrix()),
        product.left().transposed(),
        BatchedProduct.place(spec, product.right().matrix()),
        product.right().transposed(),
        BatchedProduct.place(spec, product.result()),
        product.scaled() ? (float) spec.scale() : 1,
        type);
  }

  long[] sizesA() {
    return sizes(a, transA);
  }

  long[] stridesA() {
    return strides(a, transA);
  }

  long[] sizesB() {
    return sizes(b, transB);
  }

  long[] stridesB() {
    return strides(b, transB);
  }

  long[] sizesC() {
    return sizes(c, false);
  }

  long[] stridesC() {
    return strides(c, false);
  }

  private long[] sizes(BatchedProduct.Place place, boolean transposed) {
    return new long[] {images, heads, place.rows(transposed), place.columns(transposed)};
  }

  private static long[] strides(BatchedProduct.Place place, boolean transposed) {
    return new long[] {
      place.perImage(),
      place.perHead(),
      transposed ? 1 : place.leading(),
      transposed ? place.leading() : 1
    };
  }

  /** For messages: {@code 64x64x32 (m, n, k) of 16 images and 8 heads, FLOAT32}. */
  @Override
  public String toString() {
    return "%dx%dx%d (m, n, k) of %d images and %d heads, %s"
        .formatted(c.rows(), c.columns(), a.columns(transA), images, heads, type);
  }
}
