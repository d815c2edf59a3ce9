package org.klif.device;

import java.util.List;

/**
 * What a device is, for people.
 *
 * @param name as in --device: cpu, cuda:0, sim
 * @param description one line: processor, instruction set, threads
 * @param details further lines: library versions, memory, which implementation was chosen and why
 * @param notices sentences for whoever opened it, to be said once: what this machine lacks, what
 *     that costs, what helps
 */
public record DeviceInfo(
    String name, String description, List<String> details, List<String> notices) {
  /** Copies the lists. */
  public DeviceInfo {
    details = List.copyOf(details);
    notices = List.copyOf(notices);
  }

  /** Of a device that lacks nothing. */
  public DeviceInfo(String name, String description, List<String> details) {
    this(name, description, details, List.of());
  }
}
