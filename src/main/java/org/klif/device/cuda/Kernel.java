package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUresult;
import org.klif.KlifException;

/** An entry of a module. The driver copies arguments when a launch is given, not when it runs. */
final class Kernel {
  /** KLIF_CUDA_CHECK=1: waits after each launch, so that a fault is that of the launch named. */
  static final boolean CHECKED = "1".equals(System.getenv("KLIF_CUDA_CHECK"));

  private final CudaContext context;
  private final CUfunction function;
  private final String name;
  private final ByteBuffer values =
      ByteBuffer.allocateDirect(KernelArguments.MOST_BYTES).order(ByteOrder.nativeOrder());
  private final Pointer base = Pointer.to(values);

  Kernel(CudaContext context, CUfunction function, String name) {
    this.context = context;
    this.function = function;
    this.name = name;
  }

  /** Gives a launch to the compute stream; does not wait. */
  void launch(Grid grid, KernelArguments arguments) {
    if (arguments.count() == 0) {
      throw new KlifException("kernel %s was launched without arguments".formatted(name));
    }
    arguments.writeTo(values);
    NativePointerObject[] pointers = new NativePointerObject[arguments.count()];
    for (int i = 0; i < pointers.length; i++) {
      pointers[i] = base.withByteOffset(arguments.offset(i));
    }
    int status =
        cuLaunchKernel(
            function,
            grid.x(),
            grid.y(),
            grid.z(),
            grid.blockX(),
            grid.blockY(),
            grid.blockZ(),
            grid.sharedBytes(),
            context.stream(),
            Pointer.to(pointers),
            null);
    if (status != CUresult.CUDA_SUCCESS) {
      context.check(status, "cuLaunchKernel", describe(grid, arguments));
    }
    context.launched(this, grid);
    if (context.listens()) {
      context.took(arguments.launch(name));
    }
    if (CHECKED) {
      context.check(
          cuStreamSynchronize(context.stream()), "cuStreamSynchronize", describe(grid, arguments));
    }
  }

  /** So many blocks of a launch run at once on the whole device. */
  int residentBlocks(Grid grid) {
    context.makeCurrent();
    int[] blocks = new int[1];
    context.check(
        cuOccupancyMaxActiveBlocksPerMultiprocessor(
            blocks, function, grid.blockThreads(), grid.sharedBytes()),
        "cuOccupancyMaxActiveBlocksPerMultiprocessor",
        "kernel %s, %s".formatted(name, grid));
    return Math.multiplyExact(blocks[0], context.limits().multiprocessors());
  }

  @Override
  public String toString() {
    return "kernel " + name;
  }

  private String describe(Grid grid, KernelArguments arguments) {
    return "kernel %s, %s, %s".formatted(name, grid, arguments);
  }
}
