package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;

/** A kernel that reads and writes one element too many; AddressSanitizerTest runs it. */
class OverrunCase {
  @Test
  void writesOneElementTooMany() throws IOException {
    DriverLibrary.load(DriverLibrary.Kind.SIM);
    CUdevice device = new CUdevice();
    CUcontext context = new CUcontext();
    CUmodule module = new CUmodule();
    CUfunction function = new CUfunction();
    DeviceAddress x = new DeviceAddress();
    JCudaDriver.cuDeviceGet(device, 0);
    JCudaDriver.cuDevicePrimaryCtxRetain(context, device);
    JCudaDriver.cuCtxSetCurrent(context);
    try (var in = OverrunCase.class.getResourceAsStream("/sim/fixtures.ptx")) {
      String ptx = new String(in.readAllBytes(), StandardCharsets.UTF_8) + "\0";
      JCudaDriver.cuModuleLoadData(module, ptx.getBytes(StandardCharsets.UTF_8));
    }
    JCudaDriver.cuModuleGetFunction(function, module, "add_one_beyond");
    // 65 elements: 12 more bytes lie in the same 16
    JCudaDriver.cuMemAlloc(x, 4 * 65);
    Pointer parameters = Pointer.to(Pointer.to(x), Pointer.to(new long[] {65}));
    JCudaDriver.cuLaunchKernel(function, 1, 1, 1, 96, 1, 1, 0, null, parameters, null);
    assertEquals(CUresult.CUDA_SUCCESS, JCudaDriver.cuCtxSynchronize());
  }
}
