package org.klif.device.cuda;

import java.util.List;
import java.util.Optional;
import jcuda.Pointer;
import jcuda.jcudnn.cudnnTensorFormat;
import org.klif.KlifException;
import org.klif.device.Convolution;
import org.klif.device.Launch;

/** One pass of a convolution with its algorithm. */
final class PlannedPass implements AutoCloseable {
  private final CudaDevice device;
  private final ConvolutionPass pass;
  private final double operations;
  private final String name;
  private final ConvolutionDescriptors descriptors;
  private final List<AlgorithmChoice> choices;
  private int chosen;
  private boolean proven;

  private PlannedPass(
      CudaDevice device,
      ConvolutionPass pass,
      double operations,
      String name,
      ConvolutionDescriptors descriptors,
      List<AlgorithmChoice> choices) {
    this.device = device;
    this.pass = pass;
    this.operations = operations;
    this.name = name;
    this.descriptors = descriptors;
    this.choices = choices;
  }

  /** Plans a pass on channels last, or on channels first where cuDNN has no algorithm for them. */
  static PlannedPass plan(
      CudaDevice device, Convolution.Spec spec, ConvolutionPass pass, String name) {
    return plan(device, spec, pass, name, true)
        .or(() -> plan(device, spec, pass, name, false))
        .orElseThrow(
            () ->
                new KlifException(
                    "cuDNN has no %salgorithm for the %s of a %s; %sinstall a newer cuDNN 9, or use another precision"
                        .formatted(
                            device.options().fast() ? "" : "deterministic ",
                            pass.title(),
                            name,
                            device.options().fast() ? "" : "allow fast algorithms, ")));
  }

  /** Plans a pass in one layout; empty where cuDNN has no algorithm for it. */
  static Optional<PlannedPass> plan(
      CudaDevice device,
      Convolution.Spec spec,
      ConvolutionPass pass,
      String name,
      boolean channelsLast) {
    ConvolutionDescriptors descriptors =
        new ConvolutionDescriptors(
            device,
            spec,
            channelsLast
                ? cudnnTensorFormat.CUDNN_TENSOR_NHWC
                : cudnnTensorFormat.CUDNN_TENSOR_NCHW,
            name);
    try {
      List<AlgorithmChoice> choices =
          new AlgorithmSearch(device, spec, pass, channelsLast, descriptors, name).choices();
      if (!choices.isEmpty()) {
        return Optional.of(
            new PlannedPass(device, pass, spec.operations(), name, descriptors, choices));
      }
    } catch (RuntimeException e) {
      descriptors.close();
      throw e;
    }
    descriptors.close();
    return Optional.empty();
  }

  /** How it is computed. */
  AlgorithmChoice choice() {
    return choices.get(chosen);
  }

  /**
   * Gives the pass to the stream. Where cuDNN turns out not to do the choice when it runs first,
   * which is before anything is captured, the next one takes its place.
   *
   * @return false when there was none left, on channels last: nothing was run, and channels first
   *     may do
   */
  boolean run(CudaBuffer input, CudaBuffer filter, CudaBuffer output, Pointer workspace) {
    ConvolutionPass.Operands operands =
        new ConvolutionPass.Operands(input.pointer(), filter.pointer(), output.pointer());
    int status = run(operands, workspace);
    while (!proven && Cudnn.mayDoOtherwise(status) && chosen + 1 < choices.size()) {
      chosen++;
      status = run(operands, workspace);
    }
    if (!proven && Cudnn.mayDoOtherwise(status) && choice().channelsLast()) {
      return false;
    }
    if (status != 0) {
      throw Cudnn.failure(
          status,
          pass.call(),
          "%s of a %s, algorithm %d, channels %s"
              .formatted(
                  pass.title(),
                  name,
                  choice().algorithm(),
                  choice().channelsLast() ? "last" : "first"));
    }
    proven = true;
    CudaBuffer result = pass.result(input, filter, output);
    double all = (double) input.bytes() + filter.bytes() + output.bytes();
    device
        .context()
        .took(new Launch(pass.call(), all - result.bytes(), result.bytes(), operations));
    return true;
  }

  private int run(ConvolutionPass.Operands operands, Pointer workspace) {
    descriptors.math(choice().math());
    return pass.run(
        device.cudnn().handle(),
        descriptors,
        operands,
        choice().algorithm(),
        workspace,
        choice().workspace());
  }

  @Override
  public void close() {
    descriptors.close();
  }
}
