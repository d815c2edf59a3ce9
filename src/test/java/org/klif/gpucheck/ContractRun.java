package org.klif.gpucheck;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Throwables;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.testing.CudaUnderTest;

/**
 * Runs test classes without Maven: the class names are the arguments. The last line of stdout is
 * one JSON object; the exit code is 1 when a test failed or none ran. Some lines before it are such
 * objects, too, so that a run that is ended for its time has not been for nothing.
 */
public final class ContractRun implements TestExecutionListener {
  /** System property: a regular expression for the names of the methods that are run. */
  static final String ONLY = "klif.test.only";

  /** Of each contract that launches kernels of its own, the method that varies shapes the most. */
  static final String SAMPLE =
      "everySizeAgrees|fusedPartsAgree|batchNormAgrees|poolingAgrees|lossAgrees|optimizerAgrees"
          + "|attentionAgrees|dropoutDrawsPhilox|penaltyAgrees|leakyReadoutAgrees|votesAreMeans";

  private static final int MOST_FAILURES = 50;
  private static final long BETWEEN_NANOS = 2_000_000_000L;

  private final ObjectNode result = JsonNodeFactory.instance.objectNode();
  private final ArrayNode failures = result.putArray("failures");
  private int passed;
  private int failed;
  private int skipped;
  private long said = System.nanoTime();

  private ContractRun() {}

  /** Runs the classes named. */
  public static void main(String[] classes) {
    ContractRun run = new ContractRun();
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(Arrays.stream(classes).map(name -> selectClass(name)).toList())
            .filters(methods(Pattern.compile(System.getProperty(ONLY, ".*"))))
            .build();
    // a GPU's context lives from the first device to the last: not made anew for each test
    try (Device held = Devices.open(CudaUnderTest.name(), DeviceOptions.defaults())) {
      System.out.println("on " + held.info().description());
      LauncherFactory.create().execute(request, run);
    }
    System.out.println(run.summary());
    System.exit(run.failed == 0 && run.passed > 0 ? 0 : 1);
  }

  private static PostDiscoveryFilter methods(Pattern only) {
    return test ->
        FilterResult.includedIf(
            test.getSource()
                .filter(MethodSource.class::isInstance)
                .map(source -> only.matcher(((MethodSource) source).getMethodName()).matches())
                .orElse(true));
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
    count(test, outcome);
    if (System.nanoTime() - said > BETWEEN_NANOS) {
      System.out.println(summary());
      said = System.nanoTime();
    }
  }

  private void count(TestIdentifier test, TestExecutionResult outcome) {
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
