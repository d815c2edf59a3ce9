package org.klif.device;

import java.util.List;

/** Makes devices; found through ServiceLoader, so that nobody imports an implementation. */
public interface DeviceProvider {
  /** Name as in --device, without a number: cpu, cuda, sim. */
  String name();

  /** Higher is preferred by --device auto. */
  int priority();

  /** Whether --device auto may take it. */
  default boolean isAutomatic() {
    return true;
  }

  /** Why no device can be opened here, with the remedy; empty when one can. */
  String unavailableReason();

  /** What can be opened here, for people; empty when nothing can. */
  List<DeviceInfo> describe();

  /**
   * Opens a device.
   *
   * @param number which one, as N in --device cuda:N; 0 for the first
   * @throws org.klif.KlifException with reason and remedy
   */
  Device open(int number, DeviceOptions options);
}
