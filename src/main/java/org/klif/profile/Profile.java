package org.klif.profile;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.device.DeviceInfo;
import org.klif.device.DeviceLimits;

/**
 * Where a run's time goes.
 *
 * @param device what it ran on
 * @param limits what the device can do at most, or null where times mean nothing
 * @param steps each kind of step
 * @param sections parts of the run that come once an epoch, recorded steps included
 */
public record Profile(
    DeviceInfo device,
    @Nullable DeviceLimits limits,
    List<StepProfile> steps,
    List<SectionProfile> sections) {
  /** Copies the lists. */
  public Profile {
    steps = List.copyOf(steps);
    sections = List.copyOf(sections);
  }

  /**
   * Share of the device's limit that a row reaches: the time that its bytes or its operations need
   * at least, whichever is longer, by its time. Above 1 where data comes from the caches.
   */
  public double shareOfLimit(Row row) {
    if (limits == null) {
      return 0;
    }
    return Math.max(
        row.gigabytesPerSecond() / limits.gigabytesPerSecond(),
        row.gigaflopsPerSecond() / limits.gigaflopsPerSecond());
  }
}
