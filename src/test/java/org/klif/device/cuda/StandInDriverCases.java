package org.klif.device.cuda;

import static jcuda.driver.CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
import static jcuda.driver.CUresult.CUDA_ERROR_INVALID_VALUE;
import static jcuda.driver.CUresult.CUDA_ERROR_NOT_READY;
import static jcuda.driver.CUresult.CUDA_ERROR_NOT_SUPPORTED;
import static jcuda.driver.CUresult.CUDA_ERROR_OUT_OF_MEMORY;
import static jcuda.driver.CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
import static jcuda.driver.CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;
import org.klif.testing.StandIn;

/**
 * Memory, copies, streams, events and graphs of the stand-in driver; run by StandInDriverTest in a
 * JVM of its own.
 */
class StandInDriverCases extends StandInFixture {
  @Test
  void freshMemoryIsNotANumber() {
    assertTrue(Float.isNaN(download(allocate(4), 1)[0]));
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

  /** The driver refuses what it does not have; a missing function would end the JVM. */
  @Test
  void functionsThatAreMissingSaySo() {
    assertEquals(CUDA_ERROR_NOT_SUPPORTED, JCudaDriver.cuMemAllocManaged(new CUdeviceptr(), 4, 1));
  }

  @Test
  void plantedFaultsComeAtTheirCall() {
    StandIn.plant("cuMemAlloc:2,cuMemFree:1=999");
    DeviceAddress x = allocate(4);
    assertEquals(CUDA_ERROR_OUT_OF_MEMORY, JCudaDriver.cuMemAlloc(new CUdeviceptr(), 4));
    allocate(4);
    assertEquals(999, JCudaDriver.cuMemFree(x));
    assertEquals(3, StandIn.calls("cuMemAlloc"));
    StandIn.plant("kernel/add_one:2");
    ok(launch("add_one", 1, 32, 0, Pointer.to(x), i64(1)));
    ok(JCudaDriver.cuStreamSynchronize(stream));
    ok(launch("add_one", 1, 32, 0, Pointer.to(x), i64(1)));
    assertEquals(CUDA_ERROR_ILLEGAL_ADDRESS, JCudaDriver.cuStreamSynchronize(stream));
  }
}
