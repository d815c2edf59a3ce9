package org.klif.device.cpu.dnnl;

import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.klif.device.DType;

/** Matrices (images, rows, columns) that are copied as (images, columns, rows). */
public record TransposeShape(int images, int rows, int columns, DType type) {
  /** The copy, which oneDNN calls a reorder. */
  Primitive build(OneDnn oneDnn) {
    String work = "the transposition of " + this;
    long[] sizes = {images, rows, columns};
    long size = (long) rows * columns;
    try (Descriptors scope = new Descriptors(work)) {
      dnnl_primitive_desc description = new dnnl_primitive_desc();
      int status =
          dnnl.dnnl_reorder_primitive_desc_create(
              description,
              scope.strided(type, sizes, new long[] {size, columns, 1}),
              oneDnn.engine(),
              scope.strided(type, sizes, new long[] {size, 1, rows}),
              oneDnn.engine(),
              scope.attributes());
      scope.owned(description, status, "dnnl_reorder_primitive_desc_create");
      return new Primitive(oneDnn, work, description, dnnl.DNNL_ARG_FROM, dnnl.DNNL_ARG_TO);
    }
  }

  /** For messages: {@code 128 matrices 49x128, BFLOAT16}. */
  @Override
  public String toString() {
    return "%d matrices %dx%d, %s".formatted(images, rows, columns, type);
  }
}
