package org.klif.device;

import java.util.List;
import java.util.Optional;

/** Makes devices; found through ServiceLoader, so that nobody imports an implementation. */
public interface DeviceProvider {
  /** Name as in --device, without a number: cpu, cuda, sim. */
  String name();

  /** Higher is preferred by --device auto. */
  int priority();

  /** Why no device can be opened here, with the remedy; empty when one can. */
  String unavailableReason();

  /** Why --device auto does not take it; empty when it does. */
  default String reasonAgainstAuto() {
    return unavailableReason();
  }

  /** Further lines for people on what is missing, each with the remedy. */
  default List<String> hints() {
    return List.of();
  }

  /** What can be opened here, for people; empty when nothing can. */
  List<DeviceInfo> describe();

  /** What its devices found out about themselves since the last call; empty where nothing. */
  default Optional<DeviceVerdict> verdict() {
    return Optional.empty();
  }

  /**
   * Opens a device.
   *
   * @param number which one, as N in --device cuda:N; 0 for the first
   * @throws org.klif.KlifException with reason and remedy
   */
  Device open(int number, DeviceOptions options);
}
