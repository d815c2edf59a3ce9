package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;

import java.util.ArrayList;
import java.util.List;
import org.klif.device.BufferScope;
import org.klif.device.Launch;
import org.klif.device.OutputQueue;

/**
 * Results go to page-locked memory on the compute stream, and an event says when they are there. So
 * the host waits for one step while the next one is queued behind it, and the device never for the
 * host.
 */
final class CudaOutputQueue extends OutputQueue {
  private final CudaContext context;
  private final BufferScope owned;
  private final List<CudaBuffer> buffers;
  private final List<Slot> slots = new ArrayList<>();

  /** Room for one result. */
  private record Slot(HostMemory host, CudaEvent arrived) {}

  CudaOutputQueue(CudaDevice device, List<CudaBuffer> buffers) {
    super(List.copyOf(buffers));
    this.context = device.context();
    this.buffers = buffers;
    this.owned = new BufferScope(device);
    long bytes = buffers.stream().mapToLong(CudaOutputQueue::room).sum();
    try {
      for (int i = 0; i < CAPACITY; i++) {
        slots.add(
            new Slot(
                owned.own(new HostMemory(context, Math.toIntExact(bytes))),
                owned.own(new CudaEvent(context))));
      }
    } catch (RuntimeException e) {
      throw owned.closeAfter(e);
    }
  }

  /** What follows a buffer's copy in page-locked memory is aligned for any type. */
  private static long room(CudaBuffer buffer) {
    return (buffer.bytes() + Double.BYTES - 1) / Double.BYTES * Double.BYTES;
  }

  @Override
  protected void copy(int number) {
    context.requireNoCapture("a result");
    context.makeCurrent();
    Slot slot = slots.get(number);
    long at = 0;
    for (CudaBuffer buffer : buffers) {
      context.check(
          cuMemcpyDtoHAsync(
              slot.host.pointer(at), buffer.pointer(), buffer.bytes(), context.stream()),
          "cuMemcpyDtoHAsync",
          "a result, %d bytes".formatted(buffer.bytes()));
      context.took(new Launch("cuMemcpyDtoHAsync", buffer.bytes(), 0, 0));
      at += room(buffer);
    }
    slot.arrived.record(context.stream());
  }

  @Override
  protected void read(int number, float[][] targets) {
    context.makeCurrent();
    Slot slot = slots.get(number);
    slot.arrived.synchronize();
    int at = 0;
    for (int i = 0; i < targets.length; i++) {
      CudaBuffer buffer = buffers.get(i);
      int bytes = Math.toIntExact(buffer.bytes());
      buffer.type().read(slot.host.bytes(at, bytes), targets[i], 0, targets[i].length);
      at += Math.toIntExact(room(buffer));
    }
  }

  @Override
  protected void free() {
    owned.close();
  }
}
