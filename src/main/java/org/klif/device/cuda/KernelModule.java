package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuModuleUnload;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import org.klif.KlifException;

/** One PTX text, compiled for the GPU by the driver. */
final class KernelModule extends DriverObject {
  private final String what;
  private final CUmodule module = new CUmodule();
  private final Map<String, Kernel> kernels = new HashMap<>();

  /** Loads the resource kernels/NAME.ptx. */
  KernelModule(CudaContext context, String name) {
    this(context, "kernels/" + name + ".ptx", read(name));
  }

  /**
   * Loads PTX.
   *
   * @param what it is, for messages
   */
  KernelModule(CudaContext context, String what, String ptx) {
    super(context);
    this.what = what;
    context.makeCurrent();
    context.check(cuModuleLoadData(module, ptx), "cuModuleLoadData", what);
  }

  private static String read(String name) {
    String resource = "/kernels/" + name + ".ptx";
    try (InputStream in = KernelModule.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new KlifException(
            "this build holds no kernels %s; build Klif again (make -C cuda-kernels writes it)"
                .formatted(resource));
      }
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new KlifException("cannot read " + resource + " of Klif's jar; build Klif again", e);
    }
  }

  /** An entry of this module. */
  Kernel kernel(String entry) {
    return kernels.computeIfAbsent(entry, this::find);
  }

  private Kernel find(String entry) {
    CUfunction function = new CUfunction();
    context.makeCurrent();
    context.check(
        cuModuleGetFunction(function, module, entry),
        "cuModuleGetFunction",
        "kernel %s of %s".formatted(entry, what));
    return new Kernel(context, function, entry);
  }

  @Override
  void destroy() {
    context.synchronize(); // its kernels may still run
    context.check(cuModuleUnload(module), "cuModuleUnload", what);
  }
}
