package org.klif.profile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.klif.device.Device;
import org.klif.device.DeviceLimits;

/**
 * Profiles one run: gives it a device that records some of the steps, and writes down where their
 * time went. Used by one thread.
 */
public final class Profiler {
  /** Steps of each kind that are recorded at most. */
  public static final int MOST_STEPS = 50;

  private final Function<Device, @Nullable DeviceLimits> measure;
  private final Recorder recorder = new Recorder(MOST_STEPS);
  private @Nullable Device device;

  /**
   * Has recorded nothing.
   *
   * @param measure finds what a device can do at most when the run is done; null where times mean
   *     nothing
   */
  public Profiler(Function<Device, @Nullable DeviceLimits> measure) {
    this.measure = measure;
  }

  /** The same device, which records; closing it closes the device. */
  public Device wrap(Device inner) {
    if (device != null) {
      throw new IllegalStateException("a profiler is for one device");
    }
    device = inner;
    recorder.setSynchronize(inner::synchronize);
    return new ProfiledDevice(inner, recorder);
  }

  /** How many steps of a kind the run will have: the first tenth, at most 100, is not recorded. */
  public void expect(String work, long steps) {
    recorder.expect(work, steps);
  }

  /** The profile as lines of text for people. */
  public static List<String> describe(Profile profile) {
    return profile.steps().isEmpty()
        ? List.of("profile: no step was left to record")
        : ProfileText.lines(profile);
  }

  /** What was recorded; measures the device's limits. */
  public Profile profile() {
    Device profiled = device;
    if (profiled == null) {
      throw new IllegalStateException("no device was profiled");
    }
    return new Profile(
        profiled.info(), measure.apply(profiled), recorder.steps(), recorder.sections());
  }

  /** The figures as JSON, see docs/PROFILING.md. */
  public static ObjectNode json(Profile profile) {
    return ProfileFiles.json(profile);
  }

  /**
   * Writes profile.json and trace-events.json into a folder, each whole or not at all.
   *
   * @throws org.klif.KlifException when one cannot be written
   */
  public void write(Path folder, Profile profile) {
    ProfileFiles.writeProfile(folder.resolve(ProfileFiles.PROFILE), profile);
    ProfileFiles.writeEvents(folder.resolve(ProfileFiles.EVENTS), recorder.events());
  }
}
