package org.klif.device.cuda;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Linear;

/**
 * Linear layer by cuBLAS; weights in canonical order (out, in). A row-major matrix is the
 * transposed one to cuBLAS, so the products below have their factors swapped. With 16-bit
 * activations it reads the weights' rounded copy, and gradients of weights stay float32.
 */
final class CudaLinear implements Linear {
  private final CudaDevice device;
  private final Spec spec;
  private final Sizes sizes;
  private final DType type;
  private final String name;
  private final BufferScope owned;
  private final CudaBias bias;
  private final SharedWorkspace.Lease scratch;

  /** Plans a layer. */
  CudaLinear(CudaDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
    this.sizes = spec.sizes((long) spec.in() * spec.out());
    this.type = device.activationType();
    this.name = "linear layer of %d rows, %d to %d".formatted(spec.rows(), spec.in(), spec.out());
    device.cublas(); // at plan time, before anything is captured
    this.owned = new BufferScope(device);
    this.bias = owned.own(new CudaBias(device, type, spec.rows(), spec.out()));
    long bytes = type == DType.FLOAT32 ? 0 : sizes.weight() * type.bytes();
    try {
      this.scratch = owned.own(device.scratch().lease(bytes));
    } catch (RuntimeException e) {
      throw owned.closeAfter(e);
    }
  }

  @Override
  public void forward(Buffer x, Buffer weight, @Nullable Buffer b, Buffer y) {
    sizes.check(x, weight, b, y, type);
    device
        .cublas()
        .multiply(
            "forward of a " + name,
            new Cublas.Shape(true, false, spec.out(), spec.rows(), spec.in()),
            readable(weight),
            CudaBuffer.of(x),
            CudaBuffer.of(y));
    if (b != null) {
      bias.add(y, b);
    }
  }

  @Override
  public void backwardData(Buffer gy, Buffer weight, Buffer gx) {
    sizes.check(gx, weight, null, gy, type);
    device
        .cublas()
        .multiply(
            "input gradient of a " + name,
            new Cublas.Shape(false, false, spec.in(), spec.rows(), spec.out()),
            readable(weight),
            CudaBuffer.of(gy),
            CudaBuffer.of(gx));
  }

  @Override
  public void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias) {
    sizes.check(x, gWeight, gBias, gy, type);
    device
        .cublas()
        .multiply(
            "weight gradient of a " + name,
            new Cublas.Shape(false, true, spec.in(), spec.out(), spec.rows()),
            CudaBuffer.of(x),
            CudaBuffer.of(gy),
            CudaBuffer.of(gWeight));
    if (gBias != null) {
      bias.gradient(gy, gBias);
    }
  }

  private CudaBuffer readable(Buffer weight) {
    return CudaBuffer.of(weight).weights(type, () -> scratch.part(type, 0, weight.size()));
  }

  @Override
  public void close() {
    owned.close();
  }
}
