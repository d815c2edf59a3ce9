package org.klif.device.cpu.vector;

import org.klif.device.cpu.Kernels;
import org.klif.device.cpu.KernelsProvider;

/** Offers {@link VectorKernels} where the incubating module was added to the Java command. */
public final class VectorKernelsProvider implements KernelsProvider {
  @Override
  public String unavailableReason() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
        ? ""
        : "the module jdk.incubator.vector is missing; take a full JDK, and start it with"
            + " --add-modules jdk.incubator.vector where ./klif does not";
  }

  @Override
  public Kernels kernels() {
    return new VectorKernels();
  }
}
