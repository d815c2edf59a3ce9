package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.klif.device.BufferScope;
import org.klif.device.Launch;

/**
 * Page-locked memory through which uploads go: the host writes a piece, its copy is given to the
 * compute stream, and the host goes on. Pieces are taken in a ring; one is written again only when
 * its copy is done.
 */
final class StagingRing implements AutoCloseable {
  /** Largest piece; the ring holds four of them. */
  static final int PIECE = 4 << 20;

  private static final int SIZE = 4 * PIECE;
  private static final int ALIGNMENT = 256;

  /** Where a copy reads from, and when it is done. */
  private record InFlight(int start, int end, CudaEvent done) {}

  private final CudaContext context;
  private final BufferScope owned;
  private final HostMemory memory;
  private final Deque<InFlight> inFlight = new ArrayDeque<>();
  private final Deque<CudaEvent> idle = new ArrayDeque<>();
  private int head;

  StagingRing(CudaDevice device) {
    this.context = device.context();
    this.owned = new BufferScope(device);
    this.memory = owned.own(new HostMemory(context, SIZE));
  }

  /**
   * Copies one piece to the device.
   *
   * @param bytes at most {@link #PIECE}
   * @param write writes that many bytes to the start of what it is given
   */
  void upload(DeviceAddress target, int bytes, Consumer<ByteBuffer> write) {
    int start = head + bytes > SIZE ? 0 : head;
    int end = start + bytes;
    @Nullable InFlight oldest = inFlight.peek();
    // the ring is used in order, so what a piece overlaps is the oldest; after a wrap so is what
    // lies between the head and the ring's end
    boolean wraps = start < head;
    while (oldest != null && (overlaps(oldest, start, end) || (wraps && oldest.start >= head))) {
      oldest.done.synchronize();
      idle.push(oldest.done);
      inFlight.remove();
      oldest = inFlight.peek();
    }
    write.accept(memory.bytes(start, bytes));
    context.check(
        cuMemcpyHtoDAsync(target, memory.pointer(start), bytes, context.stream()),
        "cuMemcpyHtoDAsync",
        bytes + " bytes");
    context.took(new Launch("cuMemcpyHtoDAsync", 0, bytes, 0));
    CudaEvent done = idle.isEmpty() ? owned.own(new CudaEvent(context)) : idle.pop();
    done.record(context.stream());
    inFlight.add(new InFlight(start, end, done));
    head = (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static boolean overlaps(InFlight piece, int start, int end) {
    return piece.start < end && start < piece.end;
  }

  /** The device is idle: all pieces are free. */
  @Override
  public void close() {
    inFlight.clear();
    owned.close();
  }
}
