package org.klif.device;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What the attentions of all devices have in common: their equations, and checks of buffers. */
public abstract class BaseAttention implements Attention {
  private final Spec spec;
  private final DType type;

  /**
   * An attention.
   *
   * @param type of the activations
   */
  protected BaseAttention(Spec spec, DType type) {
    this.spec = spec;
    this.type = type;
  }

  /** Computes one of {@link BatchedProduct#forward} and {@link BatchedProduct#backward}. */
  protected abstract void multiply(
      BatchedProduct product, Buffer left, Buffer right, Buffer result);

  @Override
  public final void forward(Forward io) {
    Map<BatchedProduct.Matrix, Buffer> all = inputs(io.q(), io.k(), io.v(), io.inner());
    all.put(BatchedProduct.Matrix.Y, io.y());
    run(BatchedProduct.forward(spec), all);
  }

  @Override
  public final void backward(Backward io) {
    Map<BatchedProduct.Matrix, Buffer> all = inputs(io.q(), io.k(), io.v(), io.inner());
    all.put(BatchedProduct.Matrix.Y, io.gy());
    all.put(BatchedProduct.Matrix.GQ, io.gq());
    all.put(BatchedProduct.Matrix.GK, io.gk());
    all.put(BatchedProduct.Matrix.GV, io.gv());
    run(BatchedProduct.backward(spec), all);
  }

  private static Map<BatchedProduct.Matrix, Buffer> inputs(
      Buffer q, Buffer k, Buffer v, Buffer inner) {
    Map<BatchedProduct.Matrix, Buffer> all = new EnumMap<>(BatchedProduct.Matrix.class);
    all.put(BatchedProduct.Matrix.Q, q);
    all.put(BatchedProduct.Matrix.K, k);
    all.put(BatchedProduct.Matrix.V, v);
    all.put(BatchedProduct.Matrix.INNER, inner);
    return all;
  }

  private void run(List<BatchedProduct> products, Map<BatchedProduct.Matrix, Buffer> all) {
    all.forEach(
        (matrix, buffer) ->
            BufferChecks.require(
                matrix + " of an attention",
                buffer,
                type,
                matrix == BatchedProduct.Matrix.INNER ? spec.innerSize() : spec.size()));
    for (BatchedProduct product : products) {
      multiply(
          product,
          all.get(product.left().matrix()),
          all.get(product.right().matrix()),
          all.get(product.result()));
    }
  }
}
