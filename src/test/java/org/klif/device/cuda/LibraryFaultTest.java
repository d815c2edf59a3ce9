package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.device.Attention;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Convolution;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Linear;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.DensePasses;
import org.klif.testing.StandIn;

/** Each call of cuBLAS and cuDNN fails once: one clear message, and nothing left behind. */
@Tag("sim")
class LibraryFaultTest {
  private static final Convolution.Spec CONVOLUTION = new Convolution.Spec(2, 3, 5, 5, 4, 3, 1, 1);
  private static final Linear.Spec LINEAR = new Linear.Spec(3, 5, 7);

  @TempDir private Path folder;

  @BeforeEach
  void loadLibraries() {
    StandIn.require();
    work(DeviceOptions.defaults()); // the first use in a process also asks for versions
  }

  @AfterEach
  void asUsual() {
    StandIn.plant("");
  }

  /** All passes of a linear layer and a convolution on a device of its own. */
  private static void work(DeviceOptions options) {
    try (Device device = CudaUnderTest.open(options)) {
      new DensePasses(new float[15], new float[35], new float[7], new float[21])
          .linear(device, LINEAR);
      new DensePasses(new float[150], new float[108], new float[4], new float[200])
          .convolution(device, CONVOLUTION);
      try (BufferScope scope = new BufferScope(device)) {
        Buffer[] all = Stream.generate(() -> scope.zeros(24)).limit(9).toArray(Buffer[]::new);
        Attention attention = scope.own(device.attention(new Attention.Spec(1, 3, 8, 2, 0.5)));
        Buffer inner = scope.zeros(18);
        attention.forward(new Attention.Forward(all[0], all[1], all[2], inner, all[3]));
        attention.backward(
            new Attention.Backward(all[0], all[1], all[2], all[3], inner, all[4], all[5], all[6]));
      }
      assertEquals(0, device.liveBuffers());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "cublasCreate, 1, 1",
    "cublasCreate, 1, 3",
    "cublasSetStream, 1, 1",
    "cublasSetPointerMode, 1, 1",
    "cublasSetAtomicsMode, 1, 1",
    "cublasSetMathMode, 1, 7",
    "cublasSetWorkspace, 1, 7",
    "cublasGemmEx, 1, 13",
    "cublasGemmEx, 2, 15",
    "cublasGemmEx, 3, 14",
    "cublasGemmStridedBatchedEx, 1, 13",
    "cublasGemmStridedBatchedEx, 8, 15",
    "cudnnCreate, 1, 1001",
    "cudnnCreate, 1, 4003",
    "cudnnSetStream, 1, 2000",
    "cudnnCreateTensorDescriptor, 1, 4003",
    "cudnnCreateTensorDescriptor, 4, 4003",
    "cudnnCreateFilterDescriptor, 2, 4003",
    "cudnnCreateConvolutionDescriptor, 3, 4003",
    "cudnnSetTensor4dDescriptor, 1, 2000",
    "cudnnSetTensor4dDescriptor, 6, 3000",
    "cudnnSetFilter4dDescriptor, 1, 2000",
    "cudnnSetConvolution2dDescriptor, 1, 2000",
    "cudnnSetConvolutionMathType, 2, 2000",
    "cudnnGetConvolutionForwardAlgorithm_v7, 1, 1001",
    "cudnnGetConvolutionBackwardDataAlgorithm_v7, 1, 4003",
    "cudnnGetConvolutionBackwardFilterAlgorithm_v7, 1, 4004",
    "cudnnGetConvolutionForwardWorkspaceSize, 1, 4003",
    "cudnnGetConvolutionBackwardDataWorkspaceSize, 1, 4004",
    "cudnnGetConvolutionBackwardFilterWorkspaceSize, 1, 1001",
    "cudnnConvolutionForward, 1, 4003",
    "cudnnConvolutionBackwardData, 1, 1001",
    "cudnnConvolutionBackwardFilter, 1, 4004",
  })
  void aFailedCallIsNamedAndLeavesNothing(String call, int number, int status) {
    long before = StandIn.liveDescriptors();
    expectFailure(DeviceOptions.defaults(), call, number, status);
    assertEquals(before, StandIn.liveDescriptors(), "handles and descriptors");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cudnnFindConvolutionForwardAlgorithmEx",
        "cudnnFindConvolutionBackwardDataAlgorithmEx",
        "cudnnFindConvolutionBackwardFilterAlgorithmEx"
      })
  void aFailedMeasurementIsNamedAndLeavesNothing(String call) {
    long before = StandIn.liveDescriptors();
    expectFailure(
        DeviceOptions.defaults().withFast(true, folder.resolve("algorithms.json")), call, 1, 4003);
    assertEquals(before, StandIn.liveDescriptors(), "handles and descriptors");
  }

  /** BAD_PARAM, INTERNAL_ERROR and EXECUTION_FAILED may mean: not with this algorithm or layout. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cudnnGetConvolutionForwardAlgorithm_v7:1=5000",
        "cudnnGetConvolutionBackwardDataAlgorithm_v7:1=2000",
        "cudnnGetConvolutionForwardWorkspaceSize:1=4000",
        "cudnnGetConvolutionBackwardFilterWorkspaceSize:1=2000",
        "cudnnConvolutionForward:1=2000",
        "cudnnConvolutionBackwardData:1=5000",
        "cudnnConvolutionBackwardFilter:1=4000",
        "cudnnFindConvolutionForwardAlgorithmEx:1=5000",
        "cudnnFindConvolutionBackwardFilterAlgorithmEx:1=2000",
      })
  void whatAnotherAlgorithmOrLayoutDoesIsNoFailure(String plan) {
    DeviceOptions options = DeviceOptions.defaults();
    if (plan.contains("Find")) {
      options = options.withFast(true, folder.resolve("algorithms.json"));
    }
    long before = StandIn.liveDescriptors();
    StandIn.plant(plan);
    work(options);
    assertEquals(before, StandIn.liveDescriptors(), "handles and descriptors");
  }

  /** What is not destroyed stays, but all other things are freed. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cublasDestroy",
        "cudnnDestroy",
        "cudnnDestroyTensorDescriptor",
        "cudnnDestroyFilterDescriptor",
        "cudnnDestroyConvolutionDescriptor"
      })
  void aFailureToCloseIsNamed(String call) {
    long before = StandIn.liveDescriptors();
    expectFailure(DeviceOptions.defaults(), call, 1, call.startsWith("cublas") ? 1 : 2000);
    assertEquals(before + (call.startsWith("cublas") ? 0 : 1), StandIn.liveDescriptors());
  }

  private static void expectFailure(DeviceOptions options, String call, int number, int status) {
    StandIn.plant("%s:%d=%d".formatted(call, number, status));
    KlifException e = assertThrows(KlifException.class, () -> work(options));
    String message = e.getMessage();
    assertTrue(message.startsWith(call + " failed"), message);
    assertTrue(message.contains("(" + status + "): "), message);
    assertTrue(message.lines().count() == 1, message);
    assertEquals(0, StandIn.liveAllocations(), "allocations after " + message);
  }

  /** As when the call fails before it writes its count. */
  @Test
  void aListThatFailsWithoutACountIsNoCrash() {
    String call = "cudnnGetConvolutionForwardAlgorithm_v7";
    StandIn.plant("%s:1=4000,%s:2=4000".formatted(call, call));
    KlifException e = assertThrows(KlifException.class, () -> work(DeviceOptions.defaults()));
    assertTrue(e.getMessage().startsWith("cuDNN has no deterministic algorithm"), e.getMessage());
    assertEquals(0, StandIn.liveAllocations());
  }

  /** More than cuDNN can count is refused before cuDNN is asked. */
  @Test
  void tensorsOfTooManyElementsAreRefused() {
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults())) {
      Convolution.Spec huge = new Convolution.Spec(1 << 20, 64, 32, 32, 4, 3, 1, 1);
      KlifException e = assertThrows(KlifException.class, () -> device.convolution(huge));
      assertTrue(e.getMessage().contains("use a smaller batch"), e.getMessage());
    }
  }
}
