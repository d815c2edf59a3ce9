package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Launch;

/**
 * Copies between arrays and device memory, ordered with the compute stream. An upload returns when
 * the array may be changed again, and does not wait for the device; a download waits.
 */
final class Transfers implements AutoCloseable {
  private final CudaDevice device;
  private final CudaContext context;
  private final BufferScope owned;
  private @Nullable StagingRing ring;
  private @Nullable HostMemory downloads;

  Transfers(CudaDevice device, CudaContext context) {
    this.device = device;
    this.context = context;
    this.owned = new BufferScope(device);
  }

  /** Copies length elements to a place on the device, converted to a floating type. */
  void upload(DType type, float[] source, int sourceOffset, DeviceAddress target, int length) {
    int most = StagingRing.PIECE / type.bytes();
    for (int at = 0; at < length; at += most) {
      int from = sourceOffset + at;
      int count = Math.min(most, length - at);
      ring()
          .upload(
              target.withByteOffset((long) at * type.bytes()),
              count * type.bytes(),
              bytes -> type.write(source, from, count, bytes));
    }
  }

  /** Copies length elements to a place on the device. */
  void upload(int[] source, int sourceOffset, DeviceAddress target, int length) {
    int most = StagingRing.PIECE / Integer.BYTES;
    for (int at = 0; at < length; at += most) {
      int from = sourceOffset + at;
      int count = Math.min(most, length - at);
      ring()
          .upload(
              target.withByteOffset(4L * at),
              4 * count,
              bytes -> bytes.asIntBuffer().put(source, from, count));
    }
  }

  /** Copies length elements of a floating type from a place on the device, and waits. */
  void download(DType type, DeviceAddress source, float[] target, int targetOffset, int length) {
    int most = StagingRing.PIECE / type.bytes();
    for (int at = 0; at < length; at += most) {
      int count = Math.min(most, length - at);
      ByteBuffer bytes =
          read(source.withByteOffset((long) at * type.bytes()), count * type.bytes());
      type.read(bytes, target, targetOffset + at, count);
    }
  }

  /** The float64 number at a place on the device; waits. */
  double readDouble(DeviceAddress source) {
    return read(source, Double.BYTES).getDouble(0);
  }

  /** The integers at a place on the device; waits. */
  int[] readInts(DeviceAddress source, int count) {
    int[] values = new int[count];
    read(source, Integer.BYTES * count).asIntBuffer().get(values);
    return values;
  }

  /** Waits for all work, and gives at most a piece, which the next call overwrites. */
  private ByteBuffer read(DeviceAddress source, int bytes) {
    context.requireNoCapture("a download");
    HostMemory memory = downloads();
    context.check(
        cuMemcpyDtoHAsync(memory.pointer(0), source, bytes, context.stream()),
        "cuMemcpyDtoHAsync",
        bytes + " bytes");
    context.took(new Launch("cuMemcpyDtoHAsync", bytes, 0, 0));
    context.synchronize();
    return memory.bytes(0, bytes);
  }

  private StagingRing ring() {
    context.requireNoCapture("an upload");
    if (ring == null) {
      ring = owned.own(new StagingRing(device));
    }
    return ring;
  }

  private HostMemory downloads() {
    if (downloads == null) {
      downloads = owned.own(new HostMemory(context, StagingRing.PIECE));
    }
    return downloads;
  }

  @Override
  public void close() {
    owned.close();
  }
}
