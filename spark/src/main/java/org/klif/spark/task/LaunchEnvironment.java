package org.klif.spark.task;

import java.util.Map;

/** The environment in which the script {@code klif} starts a process. */
final class LaunchEnvironment {
  static final Map<String, String> VARIABLES = Map.of("GOMP_SPINCOUNT", "500");

  private LaunchEnvironment() {}
}
