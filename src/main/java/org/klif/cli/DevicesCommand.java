package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.Stream;
import org.klif.KlifException;
import org.klif.device.DeviceInfo;
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
      String reason = provider.unavailableReason();
      List<DeviceInfo> found = List.of();
      if (reason.isEmpty()) {
        try {
          found = provider.describe();
        } catch (KlifException e) {
          reason = e.getMessage();
        }
      }
      found.forEach(info -> describe(info, list.addObject().put("name", info.name())));
      if (!reason.isEmpty()) {
        ObjectNode entry = list.addObject().put("name", provider.name());
        entry.put("available", false).put("reason", reason);
        line("%-6s not available: %s", provider.name(), reason);
        details(provider.hints(), entry);
      }
    }
    String auto = Devices.explainAuto();
    result.put("auto", auto);
    console.out().println(auto);
    return KlifCommand.DONE;
  }

  private void describe(DeviceInfo info, ObjectNode entry) {
    entry.put("available", true).put("description", info.description());
    line("%-6s %s", info.name(), info.description());
    details(Stream.concat(info.details().stream(), info.notices().stream()).toList(), entry);
  }

  private void details(List<String> lines, ObjectNode entry) {
    ArrayNode details = entry.putArray("details");
    for (String line : lines) {
      details.add(line);
      line("       %s", line);
    }
  }
}
