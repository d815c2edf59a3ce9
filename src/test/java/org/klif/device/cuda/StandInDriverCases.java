package org.klif.device.cuda;

import static jcuda.driver.CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
import static jcuda.driver.CUresult.CUDA_ERROR_INVALID_VALUE;
import static jcuda.driver.CUresult.CUDA_ERROR_NOT_READY;
import static jcuda.driver.CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU;
import static jcuda.driver.CUresult.CUDA_ERROR_OUT_OF_MEMORY;
import static jcuda.driver.CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
import static jcuda.driver.CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the stand-in driver does, through JCuda; run by StandInDriverTest in a JVM of its own. */
class StandInDriverCases {
  private static final CUdevice DEVICE = new CUdevice();
  private static String ptx;

  private final CUmodule module = new CUmodule();
  private final CUstream stream = new CUstream();

  @BeforeAll
  static void load() throws IOException {
    DriverLibrary.load(DriverLibrary.Kind.SIM);
    ok(JCudaDriver.cuDeviceGet(DEVICE, 0));
    try (InputStream in = StandInDriverCases.class.getResourceAsStream("/sim/fixtures.ptx")) {
      ptx = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @BeforeEach
  void open() {
    CUcontext context = new CUcontext();
    ok(JCudaDriver.cuDevicePrimaryCtxRetain(context, DEVICE));
    ok(JCudaDriver.cuCtxSetCurrent(context));
    ok(JCudaDriver.cuModuleLoadData(module, image(ptx)));
    ok(JCudaDriver.cuStreamCreate(stream, 1));
  }

  @AfterEach
  void close() {
    NativeLibrary.getInstance("libcuda.so.1")
        .getFunction("klif_sim_fail")
        .invokeVoid(new Object[] {""});
    // the last user of the context ends everything in it, faults too
    JCudaDriver.cuDevicePrimaryCtxRelease(DEVICE);
  }

  private static byte[] image(String text) {
    return (text + "\0").getBytes(StandardCharsets.UTF_8);
  }

  private static void ok(int status) {
    assertEquals(CUDA_SUCCESS, status);
  }

  private static DeviceAddress allocate(long bytes) {
    DeviceAddress address = new DeviceAddress();
    ok(JCudaDriver.cuMemAlloc(address, bytes));
    return address;
  }

  private static DeviceAddress upload(float... values) {
    DeviceAddress address = allocate(4L * values.length);
    ok(JCudaDriver.cuMemcpyHtoD(address, Pointer.to(values), 4L * values.length));
    return address;
  }

  private static float[] download(CUdeviceptr address, int n) {
    float[] values = new float[n];
    ok(JCudaDriver.cuMemcpyDtoH(Pointer.to(values), address, 4L * n));
    return values;
  }

  private int launch(String entry, int grid, int block, int shared, Pointer... parameters) {
    CUfunction function = new CUfunction();
    ok(JCudaDriver.cuModuleGetFunction(function, module, entry));
    return JCudaDriver.cuLaunchKernel(
        function, grid, 1, 1, block, 1, 1, shared, stream, Pointer.to(parameters), null);
  }

  private static Pointer i32(int value) {
    return Pointer.to(new int[] {value});
  }

  private static Pointer i64(long value) {
    return Pointer.to(new long[] {value});
  }

  private static float[] counting(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = i;
    }
    return values;
  }

  @Test
  void freshMemoryIsNotANumber() {
    assertTrue(Float.isNaN(download(allocate(4), 1)[0]));
  }

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
  void aHostPointerOrAFreedOneIsRefused() {
    assertEquals(
        CUDA_ERROR_ILLEGAL_ADDRESS, launch("add_one", 1, 32, 0, i64(0x7f0000001000L), i64(4)));
  }

  @Test
  void aFreedPointerIsRefused() {
    DeviceAddress x = upload(counting(4));
    ok(JCudaDriver.cuMemFree(x));
    assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, launch("add_one", 1, 32, 0, Pointer.to(x), i64(4)));
  }

  @Test
  void copiesStayWithinTheirArrays() {
    DeviceAddress x = upload(counting(4));
    assertEquals(
        CUDA_ERROR_INVALID_VALUE, JCudaDriver.cuMemcpyDtoH(Pointer.to(new float[8]), x, 20));
    assertEquals(
        CUDA_ERROR_INVALID_VALUE, JCudaDriver.cuMemcpyHtoD(x, Pointer.to(new float[8]), 20));
    assertArrayEquals(counting(4), download(x, 4));
  }

  @Test
  void memoryHasAnEnd() {
    assertEquals(CUDA_ERROR_OUT_OF_MEMORY, JCudaDriver.cuMemAlloc(new CUdeviceptr(), 1L << 40));
    long[] free = new long[1];
    long[] total = new long[1];
    ok(JCudaDriver.cuMemGetInfo(free, total));
    DeviceAddress x = allocate(1 << 20);
    long[] less = new long[1];
    ok(JCudaDriver.cuMemGetInfo(less, total));
    assertEquals(free[0] - (1 << 20), less[0]);
    ok(JCudaDriver.cuMemFree(x));
    assertEquals(CUDA_ERROR_INVALID_VALUE, JCudaDriver.cuMemFree(x));
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
  void aPinnedSourceIsReadWhenTheStreamComesToIt() {
    Pointer host = new Pointer();
    ok(JCudaDriver.cuMemHostAlloc(host, 4, 0));
    ByteBuffer bytes = host.getByteBuffer(0, 4).order(ByteOrder.nativeOrder());
    DeviceAddress x = allocate(4);
    bytes.putFloat(0, 1);
    ok(JCudaDriver.cuMemcpyHtoDAsync(x, host, 4, stream));
    bytes.putFloat(0, 2); // too early: the stream was not waited for
    ok(JCudaDriver.cuStreamSynchronize(stream));
    assertEquals(2, download(x, 1)[0]);
    ok(JCudaDriver.cuMemFreeHost(host));
  }

  @Test
  void eventsOrderStreamsAndTellTime() {
    CUstream other = new CUstream();
    ok(JCudaDriver.cuStreamCreate(other, 1));
    CUevent begin = new CUevent();
    CUevent written = new CUevent();
    ok(JCudaDriver.cuEventCreate(begin, 0));
    ok(JCudaDriver.cuEventCreate(written, 0));
    for (int i = 0; i < 20; i++) { // the order of unordered work is drawn anew each time
      DeviceAddress x = upload(1);
      DeviceAddress y = upload(0);
      ok(JCudaDriver.cuEventRecord(begin, stream));
      ok(launch("add_one", 1, 32, 0, Pointer.to(x), i64(1)));
      ok(JCudaDriver.cuEventRecord(written, stream));
      ok(JCudaDriver.cuStreamWaitEvent(other, written, 0));
      ok(JCudaDriver.cuMemcpyDtoDAsync(y, x, 4, other));
      assertEquals(CUDA_ERROR_NOT_READY, JCudaDriver.cuEventQuery(written));
      ok(JCudaDriver.cuStreamSynchronize(other));
      assertEquals(2, download(y, 1)[0]);
      ok(JCudaDriver.cuEventQuery(written));
      float[] milliseconds = new float[1];
      ok(JCudaDriver.cuEventElapsedTime(milliseconds, begin, written));
      assertTrue(milliseconds[0] >= 0);
    }
  }

  @Test
  void aCapturedGraphRunsWithTheParametersOfItsCapture() {
    DeviceAddress x = upload(counting(64));
    ok(JCudaDriver.cuStreamBeginCapture(stream, 0));
    long[] n = {64};
    ok(launch("add_one", 2, 32, 0, Pointer.to(x), Pointer.to(n)));
    n[0] = 1L << 40;
    CUgraph graph = new CUgraph();
    ok(JCudaDriver.cuStreamEndCapture(stream, graph));
    assertEquals(63, download(x, 64)[63], "captured work does not run");
    CUgraphExec instance = new CUgraphExec();
    ok(JCudaDriver.cuGraphInstantiate(instance, graph, 0));
    ok(JCudaDriver.cuGraphDestroy(graph));
    for (int i = 0; i < 3; i++) {
      ok(JCudaDriver.cuGraphLaunch(instance, stream));
    }
    ok(JCudaDriver.cuStreamSynchronize(stream));
    assertEquals(66, download(x, 64)[63]);
    ok(JCudaDriver.cuMemFree(x));
    ok(JCudaDriver.cuGraphLaunch(instance, stream));
    assertEquals(
        CUDA_ERROR_ILLEGAL_ADDRESS, JCudaDriver.cuStreamSynchronize(stream), "its memory is gone");
  }

  @Test
  void waitingSpoilsACapture() {
    ok(JCudaDriver.cuStreamBeginCapture(stream, 0));
    assertEquals(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, JCudaDriver.cuStreamSynchronize(stream));
    assertEquals(
        CUDA_ERROR_STREAM_CAPTURE_INVALIDATED,
        JCudaDriver.cuStreamEndCapture(stream, new CUgraph()));
    ok(JCudaDriver.cuStreamSynchronize(stream));
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

  @Test
  void plantedFaultsComeAtTheirCall() {
    NativeLibrary driver = NativeLibrary.getInstance("libcuda.so.1");
    driver.getFunction("klif_sim_fail").invokeVoid(new Object[] {"cuMemAlloc:2,cuMemFree:1=999"});
    DeviceAddress x = allocate(4);
    assertEquals(CUDA_ERROR_OUT_OF_MEMORY, JCudaDriver.cuMemAlloc(new CUdeviceptr(), 4));
    allocate(4);
    assertEquals(999, JCudaDriver.cuMemFree(x));
    assertEquals(3, driver.getFunction("klif_sim_calls").invokeLong(new Object[] {"cuMemAlloc"}));
    driver.getFunction("klif_sim_fail").invokeVoid(new Object[] {"kernel/add_one:2"});
    ok(launch("add_one", 1, 32, 0, Pointer.to(x), i64(1)));
    ok(JCudaDriver.cuStreamSynchronize(stream));
    ok(launch("add_one", 1, 32, 0, Pointer.to(x), i64(1)));
    assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, JCudaDriver.cuStreamSynchronize(stream));
  }
}
