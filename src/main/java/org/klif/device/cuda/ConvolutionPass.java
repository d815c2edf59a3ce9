package org.klif.device.cuda;

import static jcuda.jcudnn.JCudnn.cudnnConvolutionBackwardData;
import static jcuda.jcudnn.JCudnn.cudnnConvolutionBackwardFilter;
import static jcuda.jcudnn.JCudnn.cudnnConvolutionForward;
import static jcuda.jcudnn.JCudnn.cudnnFindConvolutionBackwardDataAlgorithmEx;
import static jcuda.jcudnn.JCudnn.cudnnFindConvolutionBackwardFilterAlgorithmEx;
import static jcuda.jcudnn.JCudnn.cudnnFindConvolutionForwardAlgorithmEx;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionBackwardDataAlgorithm_v7;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionBackwardDataWorkspaceSize;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionBackwardFilterAlgorithm_v7;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionBackwardFilterWorkspaceSize;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionForwardAlgorithm_v7;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionForwardWorkspaceSize;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntBiFunction;
import java.util.stream.Stream;
import jcuda.Pointer;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnDeterminism;
import jcuda.jcudnn.cudnnHandle;

/**
 * The three passes of a convolution, each with its own calls of cuDNN. Arguments always come as
 * input (x or its gradient), filter, output (y or its gradient).
 */
enum ConvolutionPass {
  /** y from x and w. */
  FORWARD("forward", "cudnnConvolutionForward") {
    @Override
    Listed heuristic(cudnnHandle handle, ConvolutionDescriptors d) {
      return answers()
          .to(
              "cudnnGetConvolutionForwardAlgorithm_v7",
              (list, count) ->
                  cudnnGetConvolutionForwardAlgorithm_v7(
                      handle,
                      d.input(),
                      d.filter(),
                      d.convolution(),
                      d.output(),
                      list.length,
                      count,
                      list));
    }

    @Override
    Listed measured(
        cudnnHandle handle, ConvolutionDescriptors d, Operands o, Pointer work, long workBytes) {
      return answers()
          .to(
              "cudnnFindConvolutionForwardAlgorithmEx",
              (list, count) ->
                  cudnnFindConvolutionForwardAlgorithmEx(
                      handle,
                      d.input(),
                      o.input,
                      d.filter(),
                      o.filter,
                      d.convolution(),
                      d.output(),
                      o.output,
                      list.length,
                      count,
                      list,
                      work,
                      workBytes));
    }

    @Override
    int workspace(cudnnHandle handle, ConvolutionDescriptors d, int algorithm, long[] bytes) {
      return cudnnGetConvolutionForwardWorkspaceSize(
          handle, d.input(), d.filter(), d.convolution(), d.output(), algorithm, bytes);
    }

    @Override
    int run(
        cudnnHandle handle,
        ConvolutionDescriptors d,
        Operands o,
        int algorithm,
        Pointer work,
        long workBytes) {
      return cudnnConvolutionForward(
          handle,
          HostScalar.ONE,
          d.input(),
          o.input,
          d.filter(),
          o.filter,
          d.convolution(),
          algorithm,
          work,
          workBytes,
          HostScalar.ZERO,
          d.output(),
          o.output);
    }

    private static Answers<cudnnConvolutionFwdAlgoPerf> answers() {
      return new Answers<>(
          Stream.generate(cudnnConvolutionFwdAlgoPerf::new)
              .limit(MOST)
              .toArray(cudnnConvolutionFwdAlgoPerf[]::new),
          p -> new Entry(p.algo, p.status, p.determinism, p.memory));
    }
  },

  /** Gradient of x from that of y and w. */
  BACKWARD_DATA("input gradient", "cudnnConvolutionBackwardData") {
    @Override
    Listed heuristic(cudnnHandle handle, ConvolutionDescriptors d) {
      return answers()
          .to(
              "cudnnGetConvolutionBackwardDataAlgorithm_v7",
              (list, count) ->
                  cudnnGetConvolutionBackwardDataAlgorithm_v7(
                      handle,
                      d.filter(),
                      d.output(),
                      d.convolution(),
                      d.input(),
                      list.length,
                      count,
                      list));
    }

    @Override
    Listed measured(
        cudnnHandle handle, ConvolutionDescriptors d, Operands o, Pointer work, long workBytes) {
      return answers()
          .to(
              "cudnnFindConvolutionBackwardDataAlgorithmEx",
              (list, count) ->
                  cudnnFindConvolutionBackwardDataAlgorithmEx(
                      handle,
                      d.filter(),
                      o.filter,
                      d.output(),
                      o.output,
                      d.convolution(),
                      d.input(),
                      o.input,
                      list.length,
                      count,
                      list,
                      work,
                      workBytes));
    }

    @Override
    int workspace(cudnnHandle handle, ConvolutionDescriptors d, int algorithm, long[] bytes) {
      return cudnnGetConvolutionBackwardDataWorkspaceSize(
          handle, d.filter(), d.output(), d.convolution(), d.input(), algorithm, bytes);
    }

    @Override
    int run(
        cudnnHandle handle,
        ConvolutionDescriptors d,
        Operands o,
        int algorithm,
        Pointer work,
        long workBytes) {
      return cudnnConvolutionBackwardData(
          handle,
          HostScalar.ONE,
          d.filter(),
          o.filter,
          d.output(),
          o.output,
          d.convolution(),
          algorithm,
          work,
          workBytes,
          HostScalar.ZERO,
          d.input(),
          o.input);
    }

    private static Answers<cudnnConvolutionBwdDataAlgoPerf> answers() {
      return new Answers<>(
          Stream.generate(cudnnConvolutionBwdDataAlgoPerf::new)
              .limit(MOST)
              .toArray(cudnnConvolutionBwdDataAlgoPerf[]::new),
          p -> new Entry(p.algo, p.status, p.determinism, p.memory));
    }
  },

  /** Gradient of w from x and the gradient of y. */
  BACKWARD_FILTER("weight gradient", "cudnnConvolutionBackwardFilter") {
    @Override
    Listed heuristic(cudnnHandle handle, ConvolutionDescriptors d) {
      return answers()
          .to(
              "cudnnGetConvolutionBackwardFilterAlgorithm_v7",
              (list, count) ->
                  cudnnGetConvolutionBackwardFilterAlgorithm_v7(
                      handle,
                      d.input(),
                      d.output(),
                      d.convolution(),
                      d.filter(),
                      list.length,
                      count,
                      list));
    }

    @Override
    Listed measured(
        cudnnHandle handle, ConvolutionDescriptors d, Operands o, Pointer work, long workBytes) {
      return answers()
          .to(
              "cudnnFindConvolutionBackwardFilterAlgorithmEx",
              (list, count) ->
                  cudnnFindConvolutionBackwardFilterAlgorithmEx(
                      handle,
                      d.input(),
                      o.input,
                      d.output(),
                      o.output,
                      d.convolution(),
                      d.filter(),
                      o.filter,
                      list.length,
                      count,
                      list,
                      work,
                      workBytes));
    }

    @Override
    int workspace(cudnnHandle handle, ConvolutionDescriptors d, int algorithm, long[] bytes) {
      return cudnnGetConvolutionBackwardFilterWorkspaceSize(
          handle, d.input(), d.output(), d.convolution(), d.filter(), algorithm, bytes);
    }

    @Override
    int run(
        cudnnHandle handle,
        ConvolutionDescriptors d,
        Operands o,
        int algorithm,
        Pointer work,
        long workBytes) {
      return cudnnConvolutionBackwardFilter(
          handle,
          HostScalar.ONE,
          d.input(),
          o.input,
          d.output(),
          o.output,
          d.convolution(),
          algorithm,
          work,
          workBytes,
          HostScalar.ZERO,
          d.filter(),
          o.filter);
    }

    private static Answers<cudnnConvolutionBwdFilterAlgoPerf> answers() {
      return new Answers<>(
          Stream.generate(cudnnConvolutionBwdFilterAlgoPerf::new)
              .limit(MOST)
              .toArray(cudnnConvolutionBwdFilterAlgoPerf[]::new),
          p -> new Entry(p.algo, p.status, p.determinism, p.memory));
    }
  };

  // more than there are algorithms, each with and without tensor cores
  private static final int MOST = 16;

  private final String title;
  private final String call;

  ConvolutionPass(String title, String call) {
    this.title = title;
    this.call = call;
  }

  /** Where the three arrays are. */
  record Operands(Pointer input, Pointer filter, Pointer output) {}

  /**
   * What cuDNN says of an algorithm. JCuda hands over its math type for the weight gradient only,
   * so that is left out.
   *
   * @param status 0 when it can do it
   * @param memory bytes of workspace
   */
  record Entry(int algorithm, int status, int determinism, long memory) {
    boolean deterministic() {
      return determinism == cudnnDeterminism.CUDNN_DETERMINISTIC;
    }
  }

  /** A list that cuDNN fills; each pass has a class of its own for the same five fields. */
  private static final class Answers<P> {
    private final P[] list;
    private final Function<P, Entry> entry;

    Answers(P[] list, Function<P, Entry> entry) {
      this.list = list;
      this.entry = entry;
    }

    /** Asks; a failed call leaves any number in the count. */
    Listed to(String call, ToIntBiFunction<P[], int[]> query) {
      int[] count = new int[1];
      int status = query.applyAsInt(list, count);
      return new Listed(
          call, status, Arrays.stream(list, 0, status == 0 ? count[0] : 0).map(entry).toList());
    }
  }

  /** Answer of a call that lists algorithms, best first. */
  record Listed(String call, int status, List<Entry> entries) {
    Listed {
      entries = List.copyOf(entries);
    }
  }

  /** The algorithms in the heuristic's order. */
  abstract Listed heuristic(cudnnHandle handle, ConvolutionDescriptors d);

  /** The algorithms as measured now, the fastest first; the pass's result is overwritten. */
  abstract Listed measured(
      cudnnHandle handle, ConvolutionDescriptors d, Operands o, Pointer work, long workBytes);

  /** Status; bytes[0] is the workspace an algorithm needs. */
  abstract int workspace(cudnnHandle handle, ConvolutionDescriptors d, int algorithm, long[] bytes);

  /** Status of running the pass. */
  abstract int run(
      cudnnHandle handle,
      ConvolutionDescriptors d,
      Operands o,
      int algorithm,
      Pointer work,
      long workBytes);

  /** For messages and the file of choices. */
  String title() {
    return title;
  }

  /** The call that asks for an algorithm's workspace. */
  String workspaceCall() {
    return call.replace("cudnn", "cudnnGet") + "WorkspaceSize";
  }

  /** Which of the three it computes. */
  CudaBuffer result(CudaBuffer input, CudaBuffer filter, CudaBuffer output) {
    return switch (this) {
      case FORWARD -> output;
      case BACKWARD_DATA -> input;
      case BACKWARD_FILTER -> filter;
    };
  }

  /** The call that runs it. */
  String call() {
    return call;
  }
}
