package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import org.klif.KlifException;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.InputQueue;

/**
 * Batches go to the device on a stream of their own, into staging buffers there, while the compute
 * stream works; taking one is a copy within the device.
 */
final class CudaInputQueue implements InputQueue {
  private final CudaContext context;
  private final BufferScope owned;
  private final CudaBuffer images;
  private final CudaBuffer labels;
  private final CUstream copies;
  private final List<Slot> slots = new ArrayList<>();
  private int oldest;
  private int waiting;
  private boolean closed;

  /** Room for one batch on both sides. */
  private record Slot(
      HostMemory host, CudaBuffer images, CudaBuffer labels, CudaEvent uploaded, CudaEvent taken) {}

  CudaInputQueue(CudaDevice device, CudaBuffer images, CudaBuffer labels) {
    CudaBuffer.requireType("labels", labels, DType.INT32);
    if (!images.type().isFloating()) {
      throw new KlifException("images of %s cannot be queued".formatted(images.type()));
    }
    this.context = device.context();
    this.images = images;
    this.labels = labels;
    this.owned = new BufferScope(device);
    this.copies = new CUstream();
    context.makeCurrent();
    context.check(
        cuStreamCreate(copies, CUstream_flags.CU_STREAM_NON_BLOCKING),
        "cuStreamCreate",
        "stream of copies");
    owned.own(this::destroyStream);
    try {
      for (int i = 0; i < CAPACITY; i++) {
        slots.add(
            new Slot(
                owned.own(
                    new HostMemory(context, Math.toIntExact(images.bytes() + labels.bytes()))),
                owned.own(device.workspace(images.type(), images.size())),
                owned.own(device.workspace(labels.type(), labels.size())),
                owned.own(new CudaEvent(context)),
                owned.own(new CudaEvent(context))));
      }
      // the staging buffers were zeroed on the compute stream
      for (Slot slot : slots) {
        slot.taken.record(context.stream());
      }
    } catch (RuntimeException e) {
      try (owned) {
        throw e;
      }
    }
  }

  private void destroyStream() {
    if (!context.isLost()) {
      context.makeCurrent();
      context.check(cuStreamDestroy(copies), "cuStreamDestroy", "stream of copies");
    }
  }

  @Override
  public void put(float[] newImages, int[] newLabels) {
    requireOpen();
    if (newImages.length != images.size() || newLabels.length != labels.size()) {
      throw new KlifException(
          "a batch of %d values and %d labels was put where %d and %d are needed"
              .formatted(newImages.length, newLabels.length, images.size(), labels.size()));
    }
    if (waiting == CAPACITY) {
      throw new KlifException("a batch was put while %d wait already".formatted(waiting));
    }
    context.requireNoCapture("a batch");
    context.makeCurrent();
    Slot slot = slots.get((oldest + waiting) % CAPACITY);
    int imageBytes = Math.toIntExact(images.bytes());
    int labelBytes = Math.toIntExact(labels.bytes());
    slot.uploaded.synchronize(); // its former batch has left the host's memory
    HostValues.write(images.type(), newImages, 0, newImages.length, slot.host.bytes(0, imageBytes));
    slot.host.bytes(imageBytes, labelBytes).asIntBuffer().put(newLabels);
    slot.taken.holdBack(copies); // and the device's
    copyUp(slot.images, slot.host, 0);
    copyUp(slot.labels, slot.host, imageBytes);
    slot.uploaded.record(copies);
    waiting++;
  }

  private void copyUp(CudaBuffer target, HostMemory source, long offset) {
    context.check(
        cuMemcpyHtoDAsync(target.pointer(), source.pointer(offset), target.bytes(), copies),
        "cuMemcpyHtoDAsync",
        "a batch, %d bytes".formatted(target.bytes()));
  }

  @Override
  public void take() {
    requireOpen();
    if (waiting == 0) {
      throw new KlifException("a batch was taken, but none waits");
    }
    context.requireNoCapture("a batch");
    Slot slot = slots.get(oldest);
    slot.uploaded.holdBack(context.stream());
    copyOver(slot.images, images);
    copyOver(slot.labels, labels);
    slot.taken.record(context.stream());
    oldest = (oldest + 1) % CAPACITY;
    waiting--;
  }

  private void copyOver(CudaBuffer source, CudaBuffer target) {
    context.check(
        cuMemcpyDtoDAsync(target.pointer(), source.pointer(), target.bytes(), context.stream()),
        "cuMemcpyDtoDAsync",
        "a batch, %d bytes".formatted(target.bytes()));
  }

  @Override
  public int waiting() {
    return waiting;
  }

  private void requireOpen() {
    if (closed) {
      throw new KlifException("a queue of batches was used after it was closed");
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      waiting = 0;
      owned.close();
    }
  }
}
