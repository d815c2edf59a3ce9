package org.klif.device.cuda;

import static jcuda.jcudnn.JCudnn.cudnnCreateConvolutionDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnCreateFilterDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnCreateTensorDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnDestroyConvolutionDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnDestroyFilterDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnDestroyTensorDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnSetConvolution2dDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnSetConvolutionMathType;
import static jcuda.jcudnn.JCudnn.cudnnSetFilter4dDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnSetTensor4dDescriptor;

import java.util.function.IntSupplier;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnTensorDescriptor;
import org.klif.KlifException;
import org.klif.device.BufferScope;
import org.klif.device.Convolution;

/**
 * What one pass of a convolution is to cuDNN: input (or its gradient), filter, output, and the
 * convolution with its math type.
 */
final class ConvolutionDescriptors implements AutoCloseable {
  private final cudnnTensorDescriptor input = new cudnnTensorDescriptor();
  private final cudnnTensorDescriptor output = new cudnnTensorDescriptor();
  private final cudnnFilterDescriptor filter = new cudnnFilterDescriptor();
  private final cudnnConvolutionDescriptor convolution = new cudnnConvolutionDescriptor();
  private final BufferScope owned;
  private final String name;
  private int math;

  /**
   * Descriptors of a shape.
   *
   * @param format CUDNN_TENSOR_NHWC or CUDNN_TENSOR_NCHW, of tensors and filter
   * @param name of the convolution, for messages
   */
  ConvolutionDescriptors(CudaDevice device, Convolution.Spec s, int format, String name) {
    LibraryPrecision precision = LibraryPrecision.of(device.precision());
    int type = precision.tensorType();
    this.owned = new BufferScope(device);
    this.name = name;
    try {
      create(cudnnCreateTensorDescriptor(input), "cudnnCreateTensorDescriptor");
      destroyLater(() -> cudnnDestroyTensorDescriptor(input), "cudnnDestroyTensorDescriptor");
      create(cudnnCreateTensorDescriptor(output), "cudnnCreateTensorDescriptor");
      destroyLater(() -> cudnnDestroyTensorDescriptor(output), "cudnnDestroyTensorDescriptor");
      create(cudnnCreateFilterDescriptor(filter), "cudnnCreateFilterDescriptor");
      destroyLater(() -> cudnnDestroyFilterDescriptor(filter), "cudnnDestroyFilterDescriptor");
      create(cudnnCreateConvolutionDescriptor(convolution), "cudnnCreateConvolutionDescriptor");
      destroyLater(
          () -> cudnnDestroyConvolutionDescriptor(convolution),
          "cudnnDestroyConvolutionDescriptor");
      tensor(input, format, type, s.images(), s.inChannels(), s.inHeight(), s.inWidth(), name);
      tensor(output, format, type, s.images(), s.outChannels(), s.outHeight(), s.outWidth(), name);
      Cudnn.check(
          cudnnSetFilter4dDescriptor(
              filter,
              type,
              format,
              s.outChannels(),
              s.inChannels(),
              s.kernel().height(),
              s.kernel().width()),
          "cudnnSetFilter4dDescriptor",
          name);
      Cudnn.check(
          cudnnSetConvolution2dDescriptor(
              convolution,
              s.padding().height(),
              s.padding().width(),
              s.stride().height(),
              s.stride().width(),
              1,
              1,
              cudnnConvolutionMode.CUDNN_CROSS_CORRELATION,
              cudnnDataType.CUDNN_DATA_FLOAT),
          "cudnnSetConvolution2dDescriptor",
          name);
      setMath(precision.convolutionMath().get(0));
    } catch (RuntimeException e) {
      throw owned.closeAfter(e);
    }
  }

  /** The math type of the calls to come. */
  void math(int type) {
    if (type != math) {
      setMath(type);
    }
  }

  private void setMath(int type) {
    Cudnn.check(
        cudnnSetConvolutionMathType(convolution, type), "cudnnSetConvolutionMathType", name);
    math = type;
  }

  private void create(int status, String call) {
    Cudnn.check(status, call, name);
  }

  private void destroyLater(IntSupplier destroy, String call) {
    AutoCloseable closing = () -> Cudnn.check(destroy.getAsInt(), call, name);
    owned.own(closing);
  }

  private static void tensor(
      cudnnTensorDescriptor descriptor,
      int format,
      int type,
      int images,
      int channels,
      int height,
      int width,
      String name) {
    long elements = (long) images * channels * height * width;
    if (elements > Integer.MAX_VALUE) {
      throw new KlifException(
          "a tensor of the %s has %d elements, and cuDNN takes 2^31 - 1 at most; use a smaller batch"
              .formatted(name, elements));
    }
    Cudnn.check(
        cudnnSetTensor4dDescriptor(descriptor, format, type, images, channels, height, width),
        "cudnnSetTensor4dDescriptor",
        name);
  }

  /** x or its gradient. */
  cudnnTensorDescriptor input() {
    return input;
  }

  /** y or its gradient. */
  cudnnTensorDescriptor output() {
    return output;
  }

  /** w or its gradient. */
  cudnnFilterDescriptor filter() {
    return filter;
  }

  /** Stride, padding, math type. */
  cudnnConvolutionDescriptor convolution() {
    return convolution;
  }

  @Override
  public void close() {
    owned.close();
  }
}
