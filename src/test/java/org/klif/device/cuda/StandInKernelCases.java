package org.klif.device.cuda;

import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_NUM_REGS;
import static jcuda.driver.CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
import static jcuda.driver.CUresult.CUDA_ERROR_INVALID_VALUE;
import static jcuda.driver.CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
import static jcuda.driver.CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU;
import static jcuda.driver.CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How the stand-in driver runs kernels and finds their mistakes; run by StandInDriverTest in a JVM
 * of its own.
 */
class StandInKernelCases extends StandInFixture {
  @Test
  void aKernelRunsOverAllItsThreads() {
    DeviceAddress x = upload(counting(1000));
    ok(launch("add_one", 4, 256, 0, Pointer.to(x), i64(999)));
    ok(JCudaDriver.cuStreamSynchronize(stream));
    float[] expected = counting(1000);
    for (int i = 0; i < 999; i++) {
      expected[i]++;
    }
    assertArrayEquals(expected, download(x, 1000));
  }

  @Test
  void aStructByValueArrivesWhole() {
    DeviceAddress x = upload(counting(100));
    DeviceAddress y = upload(counting(100));
    ByteBuffer line = ByteBuffer.allocateDirect(32).order(ByteOrder.nativeOrder());
    line.putFloat(0, 2).putLong(8, 100);
    line.putLong(16, x.value()).putLong(24, y.value());
    ok(launch("line", 1, 32, 0, Pointer.to(line)));
    ok(JCudaDriver.cuStreamSynchronize(stream));
    float[] expected = counting(100);
    for (int i = 0; i < 100; i++) {
      expected[i] *= 3;
    }
    assertArrayEquals(expected, download(y, 100));
  }

  /** A GPU may still run the kernel whose code goes, or copy from the memory that goes. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatWaitingWorkUsesIsNotTakenAway(boolean code) {
    Pointer pinned = new Pointer();
    ok(JCudaDriver.cuMemAllocHost(pinned, 4000));
    DeviceAddress x = upload(counting(1000));
    if (code) {
      ok(launch("add_one", 4, 256, 0, Pointer.to(x), i64(999)));
    } else {
      ok(JCudaDriver.cuMemcpyHtoDAsync(x, pinned.withByteOffset(400), 400, stream));
    }
    assertEquals(
        CUDA_ERROR_ILLEGAL_ADDRESS,
        code ? JCudaDriver.cuModuleUnload(module) : JCudaDriver.cuMemFreeHost(pinned));
    // and the context stays broken
    assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, JCudaDriver.cuStreamSynchronize(stream));
  }

  /** Two devices of a process share a context: one may close while the other works. */
  @Test
  void whatNoWaitingWorkUsesMayGo() {
    Pointer pinned = new Pointer();
    ok(JCudaDriver.cuMemAllocHost(pinned, 4000));
    CUmodule other = new CUmodule();
    ok(JCudaDriver.cuModuleLoadData(other, image(ptx)));
    DeviceAddress x = upload(counting(1000));
    ok(launch("add_one", 4, 256, 0, Pointer.to(x), i64(999)));
    ok(JCudaDriver.cuModuleUnload(other));
    ok(JCudaDriver.cuMemFreeHost(pinned));
    ok(JCudaDriver.cuStreamSynchronize(stream));
    assertEquals(1, download(x, 1000)[0]);
  }

  /**
   * Registers are known of Klif's own kernels; this one has no launch bounds that hold it below.
   */
  @Test
  void aBlockHasOnlySoManyRegisters() throws IOException {
    CUmodule klif = new CUmodule();
    try (InputStream in = getClass().getResourceAsStream("/kernels/neuron_klif_bf16.ptx")) {
      byte[] text = in.readAllBytes();
      ok(JCudaDriver.cuModuleLoadData(klif, image(new String(text, StandardCharsets.UTF_8))));
    }
    CUfunction function = new CUfunction();
    ok(JCudaDriver.cuModuleGetFunction(function, klif, "klifForwardVec_bf16"));
    int[] registers = new int[1];
    ok(JCudaDriver.cuFuncGetAttribute(registers, CU_FUNC_ATTRIBUTE_NUM_REGS, function));
    // a warp gets its registers by 256, a block its warps by 4
    int most = 65536 / ((registers[0] + 7) / 8 * 256) / 4 * 4 * 32;
    assertEquals(
        CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
        JCudaDriver.cuLaunchKernel(
            function, 1, 1, 1, most + 32, 1, 1, 0, stream, (Pointer) null, null));
    assertEquals(
        CUDA_ERROR_INVALID_VALUE,
        JCudaDriver.cuLaunchKernel(function, 1, 1, 1, most, 1, 1, 0, stream, (Pointer) null, null),
        "then its parameters are missing");
  }

  /** Registers of a kernel that registers.txt does not have are what its launch bounds leave. */
  @ParameterizedTest
  @CsvSource({
    "add_one, 64, 256, 0, 4", // 32 warps of 64 registers
    "add_one, 64, 32, 0, 32", // blocks
    "add_one, 64, 32, 40000, 4", // 164 KiB by 40,000 + 1,024 to 128
    "sums, 255, 32, 0, 8", // 8 warps, as 256 threads are its bound
    "sums, 255, 256, 49152, 1",
    "sums, 255, 256, 49153, 0", // above what a launch may have
  })
  void occupancyIsByRegistersSharedMemoryAndWarps(
      String entry, int registers, int threads, int shared, int expected) {
    CUfunction function = new CUfunction();
    ok(JCudaDriver.cuModuleGetFunction(function, module, entry));
    int[] value = new int[1];
    ok(JCudaDriver.cuFuncGetAttribute(value, CU_FUNC_ATTRIBUTE_NUM_REGS, function));
    assertEquals(registers, value[0]);
    ok(JCudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor(value, function, threads, shared));
    assertEquals(expected, value[0]);
  }

  @Test
  void blocksSumWithBarriersAndShuffles() {
    DeviceAddress sums = allocate(20);
    ok(
        launch(
            "sums",
            5,
            96,
            4 * 96,
            Pointer.to(upload(counting(470))),
            Pointer.to(sums),
            i32(470),
            i32(0)));
    ok(JCudaDriver.cuStreamSynchronize(stream));
    float[] expected = new float[5];
    for (int i = 0; i < 470; i++) {
      expected[i / 96] += i;
    }
    assertArrayEquals(expected, download(sums, 5));
  }

  /** Enough blocks that several system threads share them. */
  @ParameterizedTest
  @CsvSource({"0", "1"})
  void manyBlocksDoAsFewDo(int mistake) {
    int blocks = 300;
    float[] values = new float[256 * blocks];
    float[] expected = new float[blocks];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 13;
      expected[i / 256] += i % 13;
    }
    DeviceAddress sums = allocate(4L * blocks);
    ok(
        launch(
            "sums",
            blocks,
            256,
            1024,
            Pointer.to(upload(values)),
            Pointer.to(sums),
            i32(values.length),
            i32(mistake)));
    if (mistake == 0) {
      ok(JCudaDriver.cuStreamSynchronize(stream));
      assertArrayEquals(expected, download(sums, blocks));
    } else {
      assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, JCudaDriver.cuStreamSynchronize(stream));
    }
  }

  @Test
  void lanesVoteAndShuffle() {
    DeviceAddress votes = allocate(128);
    DeviceAddress from = allocate(128);
    ok(launch("lanes", 1, 32, 0, Pointer.to(votes), Pointer.to(from), i32(0)));
    int[] got = new int[32];
    ok(JCudaDriver.cuStreamSynchronize(stream));
    ok(JCudaDriver.cuMemcpyDtoH(Pointer.to(got), from, 128));
    for (int lane = 0; lane < 32; lane++) {
      assertEquals((lane ^ 5) + 100 * (lane % 8 == 0 ? lane : lane - 1), got[lane]);
    }
    ok(JCudaDriver.cuMemcpyDtoH(Pointer.to(got), votes, 128));
    int expected = 0;
    for (int lane = 0; lane < 32; lane += 3) {
      expected |= 1 << lane;
    }
    assertEquals(expected, got[31]);
  }

  /** Each is one mistake in a kernel, which a GPU might not show. */
  @ParameterizedTest
  @CsvSource({"sums,1", "sums,2", "sums,3", "sums,4", "lanes,1", "within_warp,1"})
  void mistakesWithinABlockAreFaults(String kernel, int mistake) {
    DeviceAddress a = upload(counting(512));
    DeviceAddress b = upload(counting(512));
    int status =
        switch (kernel) {
          case "sums" ->
              launch("sums", 2, 256, 1024, Pointer.to(a), Pointer.to(b), i32(512), i32(mistake));
          case "lanes" -> launch("lanes", 1, 32, 0, Pointer.to(a), Pointer.to(b), i32(mistake));
          default -> launch("within_warp", 1, 64, 0, Pointer.to(a), i32(mistake));
        };
    ok(status);
    assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, JCudaDriver.cuStreamSynchronize(stream));
    // and the context stays broken
    assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, JCudaDriver.cuMemAlloc(new CUdeviceptr(), 4));
  }

  @Test
  void aBarrierOfOneWarpOrdersItsLanes() {
    DeviceAddress out = allocate(256);
    ok(launch("within_warp", 1, 64, 0, Pointer.to(out), i32(0)));
    ok(JCudaDriver.cuStreamSynchronize(stream));
  }

  @ParameterizedTest
  @CsvSource({"1000000000000", "-100000", "100000", "4096", "100", "-1"})
  void aWriteOutsideOfAnArrayIsAFault(long index) {
    DeviceAddress x = allocate(400);
    ok(launch("write_at", 1, 1, 0, Pointer.to(x), i64(index)));
    assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, JCudaDriver.cuStreamSynchronize(stream));
  }

  @Test
  void anOffByOneIsFound() {
    // 1001 floats: the next 12 bytes are still of the same 16
    DeviceAddress x = upload(counting(1001));
    ok(launch("add_one_beyond", 4, 256, 0, Pointer.to(x), i64(1001)));
    assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, JCudaDriver.cuStreamSynchronize(stream));
  }

  @Test
  void aMisalignedPackIsAFault() {
    ok(launch("unaligned", 1, 1, 0, Pointer.to(allocate(64))));
    assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, JCudaDriver.cuStreamSynchronize(stream));
  }

  @Test
  void aDivisionByZeroEndsTheKernelAndNotTheProcess() {
    ok(launch("divide", 1, 1, 0, Pointer.to(allocate(4)), i32(0)));
    assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, JCudaDriver.cuStreamSynchronize(stream));
  }

  @Test
  void storageTypesRoundAsTheGpuDoes() {
    float[] values = {0x1.002p0f, 65520, 0x1.01p0f, 0x1p-24f};
    DeviceAddress back = allocate(16);
    DeviceAddress half = allocate(8);
    ok(
        launch(
            "halves",
            1,
            4,
            0,
            Pointer.to(upload(values)),
            Pointer.to(half),
            Pointer.to(allocate(8)),
            Pointer.to(back)));
    short[] bits = new short[4];
    ok(JCudaDriver.cuStreamSynchronize(stream));
    ok(JCudaDriver.cuMemcpyDtoH(Pointer.to(bits), half, 8));
    assertArrayEquals(new short[] {0x3c00, 0x7c00, 0x3c04, 0x0001}, bits);
    // halves plus bfloats: 1 + 1, infinity, 1.00390625 + 1 (a tie, to even), the same twice
    assertArrayEquals(
        new float[] {2, Float.POSITIVE_INFINITY, 0x1.008p1f, 0x1p-23f}, download(back, 4));
  }

  @Test
  void ptxThatDiffersFromTheKernelsIsRefused() {
    String fewer = ptx.replace(",\n\t.param .u32 divide_param_1", "");
    assertEquals(
        CUDA_ERROR_NO_BINARY_FOR_GPU, JCudaDriver.cuModuleLoadData(new CUmodule(), image(fewer)));
    String wider = ptx.replace(".u32 divide_param_1", ".u64 divide_param_1");
    assertEquals(
        CUDA_ERROR_NO_BINARY_FOR_GPU, JCudaDriver.cuModuleLoadData(new CUmodule(), image(wider)));
    String other = ptx.replace("add_one(", "add_two(");
    assertEquals(
        CUDA_ERROR_NO_BINARY_FOR_GPU, JCudaDriver.cuModuleLoadData(new CUmodule(), image(other)));
  }

  @Test
  void ptxNewerThanTheDriverIsRefused() {
    // 13.0 is what the driver says it is
    ok(
        JCudaDriver.cuModuleLoadData(
            new CUmodule(), image(ptx.replace(".version 7.8", ".version 9.0"))));
    assertEquals(
        CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
        JCudaDriver.cuModuleLoadData(
            new CUmodule(), image(ptx.replace(".version 7.8", ".version 9.1"))));
  }

  @Test
  void launchesOutsideOfTheLimitsAreRefused() {
    DeviceAddress x = upload(counting(4));
    for (int[] shape : new int[][] {{0, 32, 0}, {1, 0, 0}, {1, 2048, 0}, {1, 32, 1 << 20}}) {
      assertEquals(
          CUDA_ERROR_INVALID_VALUE,
          launch("add_one", shape[0], shape[1], shape[2], Pointer.to(x), i64(4)),
          () -> Arrays.toString(shape));
    }
    // .maxntid of that entry
    assertEquals(
        CUDA_ERROR_INVALID_VALUE,
        launch("sums", 1, 512, 4096, Pointer.to(x), Pointer.to(x), i32(4), i32(0)));
  }
}
