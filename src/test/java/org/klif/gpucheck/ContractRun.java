package org.klif.gpucheck;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Throwables;
import java.util.Arrays;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs test classes without Maven: the class names are the arguments. The last line of stdout is
 * one JSON object; the exit code is 1 when a test failed or none ran.
 */
public final class ContractRun implements TestExecutionListener {
  private static final int MOST_FAILURES = 50;

  private final ObjectNode result = JsonNodeFactory.instance.objectNode();
  private final ArrayNode failures = result.putArray("failures");
  private int passed;
  private int failed;
  private int skipped;

  private ContractRun() {}

  /** Runs the classes named. */
  public static void main(String[] classes) {
    ContractRun run = new ContractRun();
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(Arrays.stream(classes).map(name -> selectClass(name)).toList())
            .build();
    LauncherFactory.create().execute(request, run);
    System.out.println(run.summary());
    System.exit(run.failed == 0 && run.passed > 0 ? 0 : 1);
  }

  private ObjectNode summary() {
    return result.put("passed", passed).put("failed", failed).put("skipped", skipped);
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    skipped++;
    System.out.println("skipped " + test.getDisplayName() + ": " + reason);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult outcome) {
    switch (outcome.getStatus()) {
      case SUCCESSFUL -> {
        if (test.isTest()) {
          passed++;
        }
      }
      case ABORTED -> {
        skipped++;
        System.out.println("skipped " + name(test));
      }
      case FAILED -> {
        failed++;
        Throwable cause = outcome.getThrowable().orElse(null);
        System.out.println("FAILED " + name(test));
        if (cause != null) {
          System.out.println(Throwables.getStackTraceAsString(cause));
        }
        if (failures.size() < MOST_FAILURES) {
          failures.addObject().put("test", name(test)).put("problem", firstLine(cause));
        }
      }
    }
  }

  private static String name(TestIdentifier test) {
    String method = test.getLegacyReportingName();
    return method.equals(test.getDisplayName()) ? method : method + " " + test.getDisplayName();
  }

  private static String firstLine(Throwable cause) {
    return cause == null ? "" : String.valueOf(cause).lines().findFirst().orElse("");
  }
}
