package org.klif.device;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.klif.KlifException;
import org.klif.UsageException;

/** Opens devices by name. */
public final class Devices {
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
    int colon = name.indexOf(':');
    String kind = colon < 0 ? name : name.substring(0, colon);
    int number = colon < 0 ? 0 : number(name, name.substring(colon + 1));
    List<DeviceProvider> all = providers();
    if (kind.equals("auto") && colon < 0) {
      return firstAvailable(all).open(0, options);
    }
    for (DeviceProvider provider : all) {
      if (provider.name().equals(kind)) {
        String reason = provider.unavailableReason();
        if (!reason.isEmpty()) {
          throw new KlifException("device %s: %s".formatted(name, reason));
        }
        return provider.open(number, options);
      }
    }
    throw new KlifException(
        "no device '%s' here; there are auto, %s"
            .formatted(
                name, all.stream().map(DeviceProvider::name).collect(Collectors.joining(", "))));
  }

  private static DeviceProvider firstAvailable(List<DeviceProvider> preferredFirst) {
    return preferredFirst.stream()
        .filter(provider -> provider.reasonAgainstAuto().isEmpty())
        .findFirst()
        .orElseThrow(() -> new KlifException("no device can be used here; see klif devices"));
  }

  /** One line on what --device auto takes here, and why not one that it would prefer. */
  public static String explainAuto() {
    List<String> reasons = new ArrayList<>();
    for (DeviceProvider provider : providers()) {
      String reason = provider.reasonAgainstAuto();
      if (reason.isEmpty()) {
        return reasons.isEmpty()
            ? "auto takes %s, its first choice".formatted(provider.name())
            : "auto takes %s; %s".formatted(provider.name(), String.join("; ", reasons));
      }
      reasons.add("not %s: %s".formatted(provider.name(), reason));
    }
    return "auto finds no device; " + String.join("; ", reasons);
  }

  /** What the devices of this process found out about themselves since the last call. */
  public static List<DeviceVerdict> verdicts() {
    return providers().stream().flatMap(provider -> provider.verdict().stream()).toList();
  }

  private static int number(String name, String digits) {
    if (!digits.matches("\\d{1,4}")) {
      throw new UsageException(
          "'%s' is no device; write the number of a GPU as in cuda:0".formatted(name));
    }
    return Integer.parseInt(digits);
  }
}
