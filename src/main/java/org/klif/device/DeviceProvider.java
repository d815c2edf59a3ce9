package org.klif.device;

/** Makes devices; found through ServiceLoader, so that nobody imports an implementation. */
public interface DeviceProvider {
  /** Name as in --device, without a number: cpu, cuda, sim. */
  String name();

  /** Higher is preferred by --device auto. */
  int priority();

  /** Why no device can be opened here, with the remedy; empty when one can. */
  String unavailableReason();

  /** Opens a device; a {@link org.klif.KlifException} gives reason and remedy. */
  Device open(DeviceOptions options);
}
