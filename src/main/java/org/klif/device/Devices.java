package org.klif.device;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.klif.KlifException;

/** Opens devices by name. */
public final class Devices {
  private static final String NO_CUDA =
      "this build has no CUDA back end yet; use --device cpu, or --device auto";

  private Devices() {}

  /** All providers, the preferred first. */
  public static List<DeviceProvider> providers() {
    return ServiceLoader.load(DeviceProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparingInt(DeviceProvider::priority).reversed())
        .toList();
  }

  /**
   * Opens a device.
   *
   * @param name auto, cpu, cuda, cuda:N or sim
   * @throws KlifException when there is no such device here; it says why and what helps
   */
  public static Device open(String name, DeviceOptions options) {
    List<DeviceProvider> all = providers();
    String kind = name.contains(":") ? name.substring(0, name.indexOf(':')) : name;
    for (DeviceProvider provider : all) {
      boolean wanted =
          kind.equals("auto")
              ? provider.unavailableReason().isEmpty()
              : provider.name().equals(kind);
      if (wanted) {
        if (!provider.unavailableReason().isEmpty()) {
          throw new KlifException(provider.unavailableReason());
        }
        return provider.open(options);
      }
    }
    if (kind.equals("cuda") || kind.equals("sim")) {
      throw new KlifException("--device " + name + ": " + NO_CUDA);
    }
    throw new KlifException(
        "no device '%s' here; there are auto, %s"
            .formatted(
                name, all.stream().map(DeviceProvider::name).collect(Collectors.joining(", "))));
  }
}
