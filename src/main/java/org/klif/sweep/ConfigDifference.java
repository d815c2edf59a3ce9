package org.klif.sweep;

import java.util.Map;
import java.util.Optional;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;

/** What makes the run in a folder another one than the run that is wanted there. */
final class ConfigDifference {
  private static final String AUTO = "auto";

  /**
   * The first setting that differs, in a few words; empty when both are the same run.
   *
   * @param there as the folder's config.yaml has it
   * @param wanted as the sweep has it
   */
  static Optional<String> between(RunConfig there, RunConfig wanted) {
    Map<String, String> one = ConfigTree.values(comparable(there, wanted));
    Map<String, String> two = ConfigTree.values(comparable(wanted, there));
    return two.keySet().stream()
        .filter(key -> !two.get(key).equals(one.get(key)))
        .findFirst()
        .map(key -> "%s is %s there and %s here".formatted(key, one.get(key), two.get(key)));
  }

  /** Complete, and without what says nothing of the run beside the other. */
  private static RunConfig comparable(RunConfig config, RunConfig other) {
    RunConfig result = config.complete().withDataFolder("").withNeuronContents();
    if (config.device().equals(AUTO) || other.device().equals(AUTO)) {
      result = result.withDevice(AUTO);
    }
    if (config.threads() == 0 || other.threads() == 0) {
      result = result.withThreads(0);
    }
    return result;
  }

  private ConfigDifference() {}
}
