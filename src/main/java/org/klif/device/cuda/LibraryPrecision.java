package org.klif.device.cuda;

import java.util.List;
import jcuda.cudaDataType;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasMath;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnMathType;
import org.klif.device.DType;
import org.klif.device.Precision;

/**
 * What a precision means to cuBLAS and cuDNN. Sums are float32 in all of them.
 *
 * @param activations type of activations, and of the weights the libraries read
 * @param dataType the same for cuBLAS
 * @param tensorType the same for cuDNN
 * @param computeType cuBLAS's compute type
 * @param blasMath cuBLAS's math mode
 * @param convolutionMath cuDNN's math types, each tried where the one before has no algorithm
 */
record LibraryPrecision(
    DType activations,
    int dataType,
    int tensorType,
    int computeType,
    int blasMath,
    List<Integer> convolutionMath) {

  /** Of few or odd channels there may be no algorithm for tensor cores. */
  private static final List<Integer> TENSOR_CORES =
      List.of(cudnnMathType.CUDNN_TENSOR_OP_MATH, cudnnMathType.CUDNN_DEFAULT_MATH);

  /** The library settings of a precision. */
  static LibraryPrecision of(Precision precision) {
    return switch (precision) {
      // cuDNN's default math lets float32 convolutions use TF32; FMA does not. cuBLAS's does not by
      // itself
      case FLOAT32 ->
          new LibraryPrecision(
              DType.FLOAT32,
              cudaDataType.CUDA_R_32F,
              cudnnDataType.CUDNN_DATA_FLOAT,
              cublasComputeType.CUBLAS_COMPUTE_32F,
              cublasMath.CUBLAS_DEFAULT_MATH,
              List.of(cudnnMathType.CUDNN_FMA_MATH));
      case TF32 ->
          new LibraryPrecision(
              DType.FLOAT32,
              cudaDataType.CUDA_R_32F,
              cudnnDataType.CUDNN_DATA_FLOAT,
              cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32,
              cublasMath.CUBLAS_DEFAULT_MATH,
              TENSOR_CORES);
      case BF16 ->
          half(DType.BFLOAT16, cudaDataType.CUDA_R_16BF, cudnnDataType.CUDNN_DATA_BFLOAT16);
      case FP16 -> half(DType.FLOAT16, cudaDataType.CUDA_R_16F, cudnnDataType.CUDNN_DATA_HALF);
    };
  }

  /** 16 bits in memory; partial sums may not be rounded to 16 bits either. */
  private static LibraryPrecision half(DType type, int dataType, int tensorType) {
    return new LibraryPrecision(
        type,
        dataType,
        tensorType,
        cublasComputeType.CUBLAS_COMPUTE_32F,
        cublasMath.CUBLAS_DEFAULT_MATH
            | cublasMath.CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION,
        TENSOR_CORES);
  }

  /** Whether weights are copied to 16 bits before the libraries read them. */
  boolean half() {
    return activations != DType.FLOAT32;
  }
}
