package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.klif.KlifException;
import org.klif.device.Device;
import org.klif.device.DeviceInfo;
import org.klif.device.DeviceOptions;
import org.klif.device.DeviceProvider;
import org.klif.device.Devices;
import picocli.CommandLine.Command;

/** Lists the devices this build knows, and why one cannot be used. */
@Command(name = "devices", description = "List the devices that can train, and why others cannot.")
final class DevicesCommand extends JsonCommand {
  DevicesCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    ArrayNode list = result.putArray("devices");
    for (DeviceProvider provider : Devices.providers()) {
      ObjectNode entry = list.addObject().put("name", provider.name());
      String reason = provider.unavailableReason();
      if (reason.isEmpty()) {
        reason = describe(provider, entry);
      }
      entry.put("available", reason.isEmpty());
      if (!reason.isEmpty()) {
        entry.put("reason", reason);
        console.out().printf("%-6s not available: %s%n", provider.name(), reason);
      }
    }
    return KlifCommand.DONE;
  }

  /** Prints what the device says of itself; returns why it cannot be opened, or nothing. */
  private String describe(DeviceProvider provider, ObjectNode entry) {
    try (Device device = provider.open(DeviceOptions.defaults())) {
      DeviceInfo info = device.info();
      entry.put("description", info.description());
      ArrayNode details = entry.putArray("details");
      console.out().printf("%-6s %s%n", info.name(), info.description());
      for (String line : info.details()) {
        details.add(line);
        console.out().printf("       %s%n", line);
      }
      return "";
    } catch (KlifException e) {
      return e.getMessage();
    }
  }
}
