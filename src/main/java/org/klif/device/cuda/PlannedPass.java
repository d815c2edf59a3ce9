package org.klif.device.cuda;

import java.util.List;
import jcuda.Pointer;
import jcuda.jcudnn.cudnnTensorFormat;
import org.klif.KlifException;
import org.klif.device.Convolution;

/** One pass of a convolution with its algorithm. */
final class PlannedPass implements AutoCloseable {
  private final CudaDevice device;
  private final ConvolutionPass pass;
  private final String name;
  private final ConvolutionDescriptors descriptors;
  private final List<AlgorithmChoice> choices;
  private int chosen;
  private boolean proven;

  private PlannedPass(
      CudaDevice device,
      ConvolutionPass pass,
      String name,
      ConvolutionDescriptors descriptors,
      List<AlgorithmChoice> choices) {
    this.device = device;
    this.pass = pass;
    this.name = name;
    this.descriptors = descriptors;
    this.choices = choices;
  }

  /** Plans a pass on channels last, or on channels first where cuDNN has no algorithm for them. */
  static PlannedPass plan(
      CudaDevice device, Convolution.Spec spec, ConvolutionPass pass, String name) {
    for (boolean channelsLast : new boolean[] {true, false}) {
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
          return new PlannedPass(device, pass, name, descriptors, choices);
        }
      } catch (RuntimeException e) {
        descriptors.close();
        throw e;
      }
      descriptors.close();
    }
    throw new KlifException(
        "cuDNN has no %salgorithm for the %s of a %s; %sinstall a newer cuDNN 9, or use another --precision"
            .formatted(
                device.options().fast() ? "" : "deterministic ",
                pass.title(),
                name,
                device.options().fast() ? "" : "use --fast, "));
  }

  /** How it is computed. */
  AlgorithmChoice choice() {
    return choices.get(chosen);
  }

  /**
   * Gives the pass to the stream. Where cuDNN turns out not to support the choice when it runs
   * first, which is before anything is captured, the next one takes its place.
   */
  void run(CudaBuffer input, CudaBuffer filter, CudaBuffer output, Pointer workspace) {
    ConvolutionPass.Operands operands =
        new ConvolutionPass.Operands(input.pointer(), filter.pointer(), output.pointer());
    int status = run(operands, workspace);
    while (!proven && Cudnn.isNotSupported(status) && chosen + 1 < choices.size()) {
      chosen++;
      status = run(operands, workspace);
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
  }

  private int run(ConvolutionPass.Operands operands, Pointer workspace) {
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
