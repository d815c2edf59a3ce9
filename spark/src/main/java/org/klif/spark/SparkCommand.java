package org.klif.spark;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** What the commands have in common: a cluster, and a result as JSON on request. */
abstract class SparkCommand implements Callable<Integer> {
  static final int DONE = 0;
  static final int FAILED = 1;

  final Output output;

  @Mixin ClusterOptions options = new ClusterOptions();

  SparkCommand(Output output) {
    this.output = output;
  }

  /**
   * Does the work.
   *
   * @param result what --json shows
   * @return the exit code
   */
  abstract int run(Installation installation, ObjectNode result);

  @Override
  public final Integer call() {
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    int code = run(Installation.ofThisProcess(), result);
    if (options.json) {
      output.line(result.toString());
    }
    return code;
  }
}
