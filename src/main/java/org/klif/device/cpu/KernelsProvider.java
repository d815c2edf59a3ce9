package org.klif.device.cpu;

/** Offers an implementation of {@link Kernels}; found through ServiceLoader, chosen once. */
public interface KernelsProvider {
  /** Why it cannot be used here, or empty. */
  String unavailableReason();

  /** The implementation. */
  Kernels kernels();
}
