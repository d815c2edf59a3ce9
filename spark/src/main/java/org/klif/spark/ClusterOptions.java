package org.klif.spark;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Which cluster, and how it is asked. */
final class ClusterOptions {
  @Option(
      names = "--master",
      paramLabel = "MASTER",
      required = true,
      description =
          "Spark's master: spark://HOST:PORT, or local-cluster[EXECUTORS,CORES,MIB] for executors"
              + " on this machine.")
  String master;

  @Option(
      names = "--conf",
      paramLabel = "KEY=VALUE",
      description =
          "A property of Spark's, as in --conf spark.task.resource.gpu.amount=1; may be repeated.")
  Map<String, String> conf = new LinkedHashMap<>();

  @Option(names = "--json", description = "The last line of stdout is one JSON object.")
  boolean json;

  @Option(names = "--verbose", description = "Where in the program an error arose.")
  boolean verbose;
}
