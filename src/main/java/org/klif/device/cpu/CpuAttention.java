package org.klif.device.cpu;

import java.util.HashMap;
import java.util.Map;
import org.klif.device.BaseAttention;
import org.klif.device.BatchedProduct;
import org.klif.device.Buffer;
import org.klif.device.cpu.dnnl.BatchedShape;
import org.klif.device.cpu.dnnl.DnnlBatchedMatMul;

/** Attention by oneDNN's products of many matrices, whose primitives read the heads in place. */
final class CpuAttention extends BaseAttention {
  private final Operands operands;
  private final Map<BatchedProduct, DnnlBatchedMatMul> products = new HashMap<>();

  CpuAttention(CpuDevice device, Spec spec) {
    super(spec, device.activationType());
    operands = device.operands();
    long largest = Math.max(spec.size(), spec.innerSize());
    operands.reservePair(largest, largest, largest);
    for (BatchedProduct product : BatchedProduct.backward(spec)) {
      plan(device, spec, product);
    }
    for (BatchedProduct product : BatchedProduct.forward(spec)) {
      plan(device, spec, product);
    }
  }

  private void plan(CpuDevice device, Spec spec, BatchedProduct product) {
    BatchedShape shape = BatchedShape.of(spec, product, operands.type());
    products.put(product, device.oneDnn().batchedMatMul(shape));
  }

  @Override
  protected void multiply(BatchedProduct product, Buffer left, Buffer right, Buffer result) {
    products
        .get(product)
        .run(
            operands.readInput(left),
            operands.readSecondInput(right),
            operands.writeOutput(result));
    operands.wroteOutput(result);
  }

  @Override
  public void close() {
    products.values().forEach(DnnlBatchedMatMul::close);
  }
}
