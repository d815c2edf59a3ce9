package org.klif.device.cuda;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.BufferChecks;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Loss;
import org.klif.device.Operations;
import org.klif.device.OptimizerStep;

/**
 * Losses on the GPU, a warp for each sample. A label that the network has no class for makes the
 * loss NaN; it is named when the device is waited for.
 */
final class CudaLoss implements Loss {
  private static final int WARPS = 4;
  private static final int FAULT_WORDS = 3; // found, label, sample

  private final CudaDevice device;
  private final Spec spec;
  private final DType type;
  private final BufferScope owned;
  private final CudaBuffer samples;
  private final CudaBuffer fault;

  CudaLoss(CudaDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
    this.type = device.activationType();
    // two float64 numbers a sample
    this.owned = new BufferScope(device);
    try {
      this.samples = owned.own(device.workspace(DType.FLOAT32, 4L * spec.batch()));
      this.fault = owned.own(device.workspace(DType.INT32, FAULT_WORDS));
    } catch (RuntimeException e) {
      throw owned.closeAfter(e);
    }
    device.checkAfterWaiting(this);
  }

  @Override
  public void forward(Buffer output, Buffer labels, Buffer rate, Buffer result) {
    spec.check(type, output, labels, rate);
    BufferChecks.require("result of a loss", result, DType.FLOAT32, 2);
    KernelArguments arguments =
        new KernelArguments().reads(output).reads(labels).writes(rate).writes(samples);
    launch("loss_forward", arguments);
    boolean mse = spec.kind() == Kind.MSE;
    double share = mse ? (double) spec.batch() * spec.classes() : spec.batch();
    device
        .module("loss")
        .kernel("loss_finish")
        .launch(
            Grid.of(1, 256),
            new KernelArguments()
                .reads(samples)
                .reads(labels)
                .i32(mixed())
                .i32(spec.batch())
                .i32(spec.classes())
                .f64(share)
                .writes(result)
                .passes(fault)
                .computes(Operations.ADD, 2L * spec.batch()));
  }

  @Override
  public void backward(
      Buffer output, Buffer rate, Buffer labels, Buffer gOutput, @Nullable Buffer lossScale) {
    spec.check(type, output, labels, rate);
    spec.check(type, gOutput, labels, rate);
    OptimizerStep.requireLossScale(lossScale);
    launch(
        "loss_backward",
        new KernelArguments()
            .readsWhere(spec.kind() == Kind.TET, output)
            .reads(rate)
            .reads(labels)
            .writes(gOutput)
            .reads(lossScale));
  }

  private void launch(String name, KernelArguments buffers) {
    device
        .kernel("loss", name, type)
        .launch(
            Grid.of((spec.batch() + WARPS - 1) / WARPS, 32 * WARPS),
            buffers
                .i32(kind())
                .i32(mixed())
                .i32(spec.steps())
                .i32(spec.batch())
                .i32(spec.classes())
                .f64(spec.objective().rest(spec.classes()))
                .f64(spec.objective().label(spec.classes()))
                .f64(spec.objective().lambda())
                .f64(spec.objective().mean())
                .computes(Operations.LOSS, (long) spec.steps() * spec.batch() * spec.classes()));
  }

  private int mixed() {
    return spec.objective().mixed() ? 1 : 0;
  }

  /** enum Kind of loss.cu. */
  private int kind() {
    return switch (spec.kind()) {
      case MSE -> 0;
      case CROSS_ENTROPY -> 1;
      case TET -> 2;
    };
  }

  /** Throws when a label was outside the classes; asked when the device has nothing left to do. */
  void requireLabelsInside() {
    int[] words = device.transfers().readInts(fault.pointer(), FAULT_WORDS);
    if (words[0] != 0) {
      fault.upload(new int[FAULT_WORDS]);
      throw spec.outside(words[1], words[2]);
    }
  }

  @Override
  public void close() {
    device.forget(this);
    owned.close();
  }
}
