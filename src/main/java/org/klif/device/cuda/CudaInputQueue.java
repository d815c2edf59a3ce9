package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import org.klif.device.BufferScope;
import org.klif.device.Launch;
import org.klif.device.QueueOfSlots;

/**
 * Batches go to the device on a stream of their own, into staging buffers there, while the compute
 * stream works; taking one is a copy within the device.
 */
final class CudaInputQueue extends QueueOfSlots {
  private final CudaContext context;
  private final BufferScope owned;
  private final CudaBuffer images;
  private final CudaBuffer labels;
  private final CUstream copies;
  private final List<Slot> slots = new ArrayList<>();

  /** Room for one batch on both sides. */
  private record Slot(
      HostMemory host, CudaBuffer images, CudaBuffer labels, CudaEvent uploaded, CudaEvent taken) {}

  CudaInputQueue(CudaDevice device, CudaBuffer images, CudaBuffer labels) {
    super(images, labels);
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
      owned.own(this::awaitCopies);
    } catch (RuntimeException e) {
      throw owned.closeAfter(e);
    }
  }

  /** The driver need not wait for this stream when it frees what a batch is copied from. */
  private void awaitCopies() {
    if (!context.isLost()) {
      context.makeCurrent();
      context.check(cuStreamSynchronize(copies), "cuStreamSynchronize", "stream of copies");
    }
  }

  private void destroyStream() {
    if (!context.isLost()) {
      context.makeCurrent();
      context.check(cuStreamDestroy(copies), "cuStreamDestroy", "stream of copies");
    }
  }

  @Override
  protected void put(int number, float[] newImages, int[] newLabels) {
    context.requireNoCapture("a batch");
    context.makeCurrent();
    Slot slot = slots.get(number);
    int imageBytes = Math.toIntExact(images.bytes());
    int labelBytes = Math.toIntExact(labels.bytes());
    slot.uploaded.synchronize(); // its former batch has left the host's memory
    images.type().write(newImages, 0, newImages.length, slot.host.bytes(0, imageBytes));
    slot.host.bytes(imageBytes, labelBytes).asIntBuffer().put(newLabels);
    slot.taken.holdBack(copies); // and the device's
    copyUp(slot.images, slot.host, 0);
    copyUp(slot.labels, slot.host, imageBytes);
    slot.uploaded.record(copies);
  }

  private void copyUp(CudaBuffer target, HostMemory source, long offset) {
    context.check(
        cuMemcpyHtoDAsync(target.pointer(), source.pointer(offset), target.bytes(), copies),
        "cuMemcpyHtoDAsync",
        "a batch, %d bytes".formatted(target.bytes()));
    context.took(new Launch("cuMemcpyHtoDAsync", 0, target.bytes(), 0));
  }

  @Override
  protected void take(int number) {
    context.requireNoCapture("a batch");
    Slot slot = slots.get(number);
    slot.uploaded.holdBack(context.stream());
    copyOver(slot.images, images);
    copyOver(slot.labels, labels);
    slot.taken.record(context.stream());
  }

  private void copyOver(CudaBuffer source, CudaBuffer target) {
    context.check(
        cuMemcpyDtoDAsync(target.pointer(), source.pointer(), target.bytes(), context.stream()),
        "cuMemcpyDtoDAsync",
        "a batch, %d bytes".formatted(target.bytes()));
    context.took(new Launch("cuMemcpyDtoDAsync", source.bytes(), target.bytes(), 0));
  }

  @Override
  protected void free() {
    owned.close();
  }
}
