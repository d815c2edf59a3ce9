package org.klif.device.cpu.vector;

import org.klif.device.cpu.Kernels;
import org.klif.device.cpu.KernelsProvider;

/** Offers {@link VectorKernels} where the incubating module was added to the Java command. */
public final class VectorKernelsProvider implements KernelsProvider {
  @Override
  public String unavailableReason() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
        ? ""
        : "the module jdk.incubator.vector is missing; start Java with --add-modules"
            + " jdk.incubator.vector, as ./klif does";
  }

  @Override
  public Kernels kernels() {
    return new VectorKernels();
  }
}
