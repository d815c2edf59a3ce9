package org.klif.device.cuda;

import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.klif.testing.StandIn;

/**
 * A context on the stand-in driver with the kernels of src/test/resources/sim, made anew for each
 * test.
 */
abstract class StandInFixture {
  static final CUdevice DEVICE = new CUdevice();
  static String ptx;

  final CUmodule module = new CUmodule();
  final CUstream stream = new CUstream();

  @BeforeAll
  static void load() throws IOException {
    DriverLibrary.load(DriverLibrary.Kind.SIM);
    ok(JCudaDriver.cuDeviceGet(DEVICE, 0));
    try (InputStream in = StandInFixture.class.getResourceAsStream("/sim/fixtures.ptx")) {
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
    StandIn.plant("");
    // the last user of the context ends everything in it, faults too
    JCudaDriver.cuDevicePrimaryCtxRelease(DEVICE);
  }

  static byte[] image(String text) {
    return (text + "\0").getBytes(StandardCharsets.UTF_8);
  }

  static void ok(int status) {
    assertEquals(CUDA_SUCCESS, status);
  }

  static DeviceAddress allocate(long bytes) {
    DeviceAddress address = new DeviceAddress();
    ok(JCudaDriver.cuMemAlloc(address, bytes));
    return address;
  }

  static DeviceAddress upload(float... values) {
    DeviceAddress address = allocate(4L * values.length);
    ok(JCudaDriver.cuMemcpyHtoD(address, Pointer.to(values), 4L * values.length));
    return address;
  }

  static float[] download(CUdeviceptr address, int n) {
    float[] values = new float[n];
    ok(JCudaDriver.cuMemcpyDtoH(Pointer.to(values), address, 4L * n));
    return values;
  }

  int launch(String entry, int grid, int block, int shared, Pointer... parameters) {
    CUfunction function = new CUfunction();
    ok(JCudaDriver.cuModuleGetFunction(function, module, entry));
    return JCudaDriver.cuLaunchKernel(
        function, grid, 1, 1, block, 1, 1, shared, stream, Pointer.to(parameters), null);
  }

  static Pointer i32(int value) {
    return Pointer.to(new int[] {value});
  }

  static Pointer i64(long value) {
    return Pointer.to(new long[] {value});
  }

  static float[] counting(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = i;
    }
    return values;
  }
}
