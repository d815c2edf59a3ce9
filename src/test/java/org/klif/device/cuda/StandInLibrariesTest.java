package org.klif.device.cuda;

import static jcuda.jcublas.JCublas2.cublasCreate;
import static jcuda.jcublas.JCublas2.cublasDestroy;
import static jcuda.jcublas.JCublas2.cublasGemmEx_new;
import static jcuda.jcublas.JCublas2.cublasGemmStridedBatchedEx_new;
import static jcuda.jcublas.JCublas2.cublasSetMathMode;
import static jcuda.jcublas.JCublas2.cublasSetStream;
import static jcuda.jcublas.JCublas2.cublasSetWorkspace;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.TreeSet;
import java.util.stream.Collectors;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.runtime.cudaStream_t;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.Convolution;
import org.klif.device.DeviceOptions;
import org.klif.device.Linear;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.StandIn;

/** The stand-ins of cuBLAS and cuDNN refuse what the real libraries refuse, or would crash on. */
@Tag("sim")
class StandInLibrariesTest {
  private static final int CUDNN_BAD_PARAM = 2000;

  private CudaDevice device;
  private final cublasHandle handle = new cublasHandle();
  private Buffer a;
  private boolean broken;

  @BeforeEach
  void open() {
    StandIn.require();
    device = (CudaDevice) CudaUnderTest.open(DeviceOptions.defaults());
    device.linear(new Linear.Spec(1, 1, 1)).close(); // loads cuBLAS
    device.convolution(new Convolution.Spec(1, 1, 1, 1, 1, 1, 1, 0)).close(); // and cuDNN
    assertEquals(0, cublasCreate(handle));
    assertEquals(0, cublasSetStream(handle, new cudaStream_t(device.stream())));
    a = device.allocate(64);
  }

  @AfterEach
  void close() {
    cublasDestroy(handle);
    if (broken) {
      assertThrows(KlifException.class, device::close);
    } else {
      device.close();
    }
  }

  private int multiply(
      cublasHandle h, int m, int n, int k, int lda, int ldb, int ldc, Pointer x, int typeB) {
    return cublasGemmEx_new(
        h,
        cublasOperation.CUBLAS_OP_N,
        cublasOperation.CUBLAS_OP_T,
        m,
        n,
        k,
        HostScalar.ONE,
        x,
        cudaDataType.CUDA_R_32F,
        lda,
        CudaBuffer.of(a).pointer(),
        typeB,
        ldb,
        HostScalar.ZERO,
        CudaBuffer.of(a).pointer(),
        cudaDataType.CUDA_R_32F,
        ldc,
        cublasComputeType.CUBLAS_COMPUTE_32F,
        cublasGemmAlgo.CUBLAS_GEMM_DEFAULT);
  }

  @ParameterizedTest
  @CsvSource({
    // m, n, k, lda, ldb, ldc, status
    "4, 3, 2, 4, 3, 4, 0",
    "4, 3, 2, 3, 3, 4, 7",
    "4, 3, 2, 4, 2, 4, 7",
    "4, 3, 2, 4, 3, 3, 7",
    "-1, 3, 2, 4, 3, 4, 7",
    "0, 3, 2, 1, 3, 1, 0"
  })
  void productsOfWrongShapesAreRefused(int m, int n, int k, int lda, int ldb, int ldc, int status) {
    assertEquals(
        status,
        multiply(
            handle, m, n, k, lda, ldb, ldc, CudaBuffer.of(a).pointer(), cudaDataType.CUDA_R_32F));
  }

  /** C is (4, 3), so that two of them need 12 elements from one to the next. */
  @ParameterizedTest
  @CsvSource({
    // strideA, strideB, strideC, count, status
    "8, 6, 12, 2, 0",
    "0, 0, 12, 2, 0",
    "8, 6, 11, 2, 7",
    "8, 6, 11, 1, 0",
    "-8, 6, 12, 2, 7",
    "8, 6, 12, -1, 7",
    "8, 6, 12, 0, 0"
  })
  void batchesOfWrongShapesAreRefused(
      long strideA, long strideB, long strideC, int count, int status) {
    Pointer all = CudaBuffer.of(a).pointer();
    assertEquals(
        status,
        cublasGemmStridedBatchedEx_new(
            handle,
            cublasOperation.CUBLAS_OP_N,
            cublasOperation.CUBLAS_OP_T,
            4,
            3,
            2,
            HostScalar.ONE,
            all,
            cudaDataType.CUDA_R_32F,
            4,
            strideA,
            all,
            cudaDataType.CUDA_R_32F,
            3,
            strideB,
            HostScalar.ZERO,
            all,
            cudaDataType.CUDA_R_32F,
            4,
            strideC,
            count,
            cublasComputeType.CUBLAS_COMPUTE_32F,
            cublasGemmAlgo.CUBLAS_GEMM_DEFAULT));
  }

  @Test
  void productsOfWrongArgumentsAreRefused() {
    Pointer good = CudaBuffer.of(a).pointer();
    assertEquals(
        cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED,
        multiply(new cublasHandle(), 4, 3, 2, 4, 3, 4, good, cudaDataType.CUDA_R_32F));
    assertEquals(
        cublasStatus.CUBLAS_STATUS_NOT_SUPPORTED,
        multiply(handle, 4, 3, 2, 4, 3, 4, good, cudaDataType.CUDA_R_16F));
    assertEquals(
        cublasStatus.CUBLAS_STATUS_INVALID_VALUE,
        multiply(handle, 4, 3, 2, 4, 3, 4, good.withByteOffset(2), cudaDataType.CUDA_R_32F));
    assertEquals(cublasStatus.CUBLAS_STATUS_INVALID_VALUE, cublasSetMathMode(handle, 99));
    assertEquals(
        cublasStatus.CUBLAS_STATUS_INVALID_VALUE, cublasSetWorkspace(handle, good, 1L << 40));
  }

  /** Memory that is not there: as on a GPU, nothing works from then on. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aProductOutsideOfDeviceMemoryBreaksTheContext(boolean host) {
    broken = true;
    Pointer x = host ? Pointer.to(new float[8]) : CudaBuffer.of(a).pointer();
    int rows = host ? 4 : 128; // 256 elements where 64 are
    assertEquals(
        cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED,
        multiply(handle, rows, 1, 2, rows, 1, rows, x, cudaDataType.CUDA_R_32F));
  }

  @Test
  void descriptorsThatMeanNothingAreRefused() {
    cudnnTensorDescriptor tensor = new cudnnTensorDescriptor();
    assertEquals(0, JCudnn.cudnnCreateTensorDescriptor(tensor));
    assertEquals(
        CUDNN_BAD_PARAM, JCudnn.cudnnSetTensor4dDescriptor(tensor, 0, 0, 0, 1, 1, 1), "no images");
    assertEquals(
        3003, JCudnn.cudnnSetTensor4dDescriptor(tensor, 0, 1, 1, 1, 1, 1), "double precision");
    assertEquals(
        3000, JCudnn.cudnnSetTensor4dDescriptor(tensor, 0, 0, 1 << 16, 1 << 16, 1, 1), "2^32");
    assertEquals(0, JCudnn.cudnnDestroyTensorDescriptor(tensor));
    assertEquals(CUDNN_BAD_PARAM, JCudnn.cudnnDestroyTensorDescriptor(tensor), "twice");
    cudnnConvolutionDescriptor convolution = new cudnnConvolutionDescriptor();
    assertEquals(0, JCudnn.cudnnCreateConvolutionDescriptor(convolution));
    assertEquals(
        CUDNN_BAD_PARAM,
        JCudnn.cudnnSetConvolution2dDescriptor(convolution, 0, 0, 0, 1, 1, 1, 1, 0),
        "stride 0");
    assertEquals(0, JCudnn.cudnnDestroyConvolutionDescriptor(convolution));
  }

  /** A function that JCuda's natives import and that is not there would end the JVM. */
  @ParameterizedTest
  @CsvSource({
    "JCublas2, cublas, native/sim/cublas-symbols.txt",
    "JCudnn, cudnn, native/sim/cudnn-symbols.txt"
  })
  void everyImportedSymbolIsListed(String library, String prefix, String list, @TempDir Path folder)
      throws IOException, InterruptedException {
    String name = "lib%s-12.6.0-linux-x86_64.so".formatted(library);
    Path file = folder.resolve(name);
    try (InputStream in = JCudnn.class.getResourceAsStream("/lib/" + name)) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
    Process nm = new ProcessBuilder("nm", "-D", "--undefined-only", file.toString()).start();
    String output = new String(nm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, nm.waitFor());
    TreeSet<String> imported =
        output
            .lines()
            .map(line -> line.replaceFirst(".* U ", "").replaceFirst("@.*", ""))
            .filter(symbol -> symbol.startsWith(prefix))
            .collect(Collectors.toCollection(TreeSet::new));
    assertFalse(imported.isEmpty());
    assertTrue(imported.size() > 200, imported.size() + " symbols");
    imported.removeAll(Files.readAllLines(Path.of(list)));
    assertEquals(new TreeSet<String>(), imported, "missing in " + list);
  }
}
