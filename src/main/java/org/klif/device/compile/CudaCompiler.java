package org.klif.device.compile;

import java.io.IOException;
import java.nio.file.Path;

/** Makes PTX of a user's neuron: nvcc, or NVRTC within this process. */
public interface CudaCompiler {
  /** Which one, with its version: part of the hash of what it compiled. */
  String version();

  /**
   * Compiles a text with the flags of Klif's own kernels.
   *
   * @param work an empty folder
   * @return PTX of the version that {@link CudaFlags} names
   * @throws org.klif.KlifException with the user's file and line
   */
  String ptx(CudaText text, KernelHeaders headers, CudaFlags flags, Path work) throws IOException;
}
