package org.klif.device;

import java.util.List;

/**
 * What a device is, for people.
 *
 * @param name as in --device: cpu, cuda:0, sim
 * @param description one line: processor, instruction set, threads
 * @param details further lines: library versions, memory, which implementation was chosen and why
 */
public record DeviceInfo(String name, String description, List<String> details) {
  /** Copies the list. */
  public DeviceInfo {
    details = List.copyOf(details);
  }
}
