package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.testing.ForkedTests;
import org.klif.testing.SimBuild;
import org.klif.testing.StandIn;

/**
 * What keeps a driver from being used, as seen by a process that has not loaded one yet. The
 * stand-in driver plays the part.
 */
@Tag("sim")
class DriverStartTest {
  @TempDir Path folder;

  @BeforeEach
  void requireStandIn() {
    StandIn.require();
  }

  private KlifProcess train(Map<String, String> environment) throws Exception {
    return KlifProcess.run(
        environment,
        "train",
        "digits",
        "--device",
        "sim",
        "--out",
        folder.resolve("run").toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cuInit:1=100 | the driver sees no GPU",
        "cuInit:1=803 | restart the machine",
        "cuInit:1=999 | cuInit failed",
        "cuDriverGetVersion:1 | cuDriverGetVersion failed",
        "cuDeviceGetCount:1 | cuDeviceGetCount failed",
        "cuDevicePrimaryCtxRetain:1=46 | choose another as cuda:N",
        "cuModuleLoadData:1=222 | install driver 520 or later, 525 or later for training",
        "cuModuleLoadData:1=218 | compute capability 8.0 or later",
        "cublasGetProperty:1 | cublasGetProperty of",
      })
  void aFailureOfTheStartIsExplained(String plan, String expected) throws Exception {
    KlifProcess process = train(Map.of("KLIF_SIM_FAIL", plan));
    assertEquals(1, process.code(), process.output());
    assertTrue(process.message().contains(expected), process.message());
  }

  @Test
  void noGpuIsExplained() throws Exception {
    KlifProcess process = train(Map.of("KLIF_SIM_DEVICES", "0"));
    assertEquals(1, process.code(), process.output());
    assertTrue(process.message().contains("the driver sees no GPU"), process.message());
  }

  /** CUDA 11.4 is driver 470: older than our PTX. */
  @Test
  void aDriverOlderThanTheKernelsIsRefused() throws Exception {
    KlifProcess process = train(Map.of("KLIF_SIM_DRIVER_VERSION", "11040"));
    assertEquals(1, process.code(), process.output());
    assertTrue(
        process.message().contains("it supports CUDA 11.4; Klif's kernels need 11.8 (driver 520"),
        process.message());
  }

  /** CUDA 11.8 is driver 520: our kernels run, cuBLAS 12 does not. */
  @Test
  void aDriverOlderThanTheLibrariesRunsKernelsOnly() throws Exception {
    Map<String, String> old = Map.of("KLIF_SIM_DRIVER_VERSION", "11080");
    KlifProcess training = train(old);
    assertEquals(1, training.code(), training.output());
    assertTrue(training.message().contains("install driver 525 or later"), training.message());
    Path libraries = SimBuild.build(SimBuild.ROOT, "start");
    ForkedTests.Result kernels =
        ForkedTests.run(libraries, old, List.of(), List.of("org.klif.device.cuda.KernelCases"));
    assertTrue(kernels.passed(), kernels.output());
  }

  /** The number of a GPU chooses it. */
  @Test
  void eachOfTwoGpusIsChosenByItsNumber() throws Exception {
    Path libraries = SimBuild.build(SimBuild.ROOT, "start");
    ForkedTests.Result two =
        ForkedTests.run(
            libraries,
            Map.of("KLIF_SIM_DEVICES", "2"),
            List.of(),
            List.of("org.klif.device.cuda.TwoGpuCases"));
    assertTrue(two.passed(), two.output());
    KlifProcess absent = KlifProcess.run(Map.of(), "gradcheck", "--device", "sim:1");
    assertEquals(1, absent.code(), absent.output());
    assertTrue(
        absent.message().contains("device sim:1: there is no GPU of this number"),
        absent.message());
  }

  /** JCuda would load what lies in the folder for temporary files, whoever put it there. */
  @Test
  void aFileThatSomeonePutIntoTheTemporaryFolderIsNotLoaded() throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    for (String library : List.of("JCudaDriver", "JCublas2", "JCudnn")) {
      Files.writeString(
          temporary.resolve("lib" + library + "-12.6.0-linux-x86_64.so"), "no library");
    }
    KlifProcess process =
        KlifProcess.run(
            Map.of("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary),
            "gradcheck",
            "--device",
            "sim",
            "--neuron",
            "if");
    assertEquals(0, process.code(), process.output());
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(
          List.of(),
          left.filter(path -> path.getFileName().toString().contains("klif-cuda")).toList());
    }
  }

  /** With KLIF_CUDA_CHECK=1 a kernel's fault is that of the launch named, with its buffers. */
  @Test
  void theCheckedModeNamesTheKernel() throws Exception {
    KlifProcess process =
        train(Map.of("KLIF_SIM_FAIL", "kernel/loss_forward_f32:1", "KLIF_CUDA_CHECK", "1"));
    assertEquals(1, process.code(), process.output());
    assertTrue(process.message().contains("(kernel loss_forward_f32, grid "), process.message());
    assertTrue(process.message().contains("buffers: argument 0 "), process.message());
  }
}
