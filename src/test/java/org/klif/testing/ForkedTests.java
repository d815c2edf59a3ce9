package org.klif.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * Runs test classes in a JVM of its own: for another build of the stand-in driver, of which a
 * process can have one only, and for tests that may end the JVM.
 */
public final class ForkedTests {
  /** How a forked JVM ended. */
  public record Result(int code, String output) {
    /** Whether all tests ran and passed. */
    public boolean passed() {
      return code == 0;
    }
  }

  private ForkedTests() {}

  /**
   * Runs them.
   *
   * @param libraries folder of the stand-in's libraries
   * @param environment variables to add
   * @param options the JVM's own, such as -Dname=value
   * @param tests names of test classes
   */
  public static Result run(
      Path libraries, Map<String, String> environment, List<String> options, List<String> tests)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-Djava.awt.headless=true",
                "-XX:+UseSerialGC",
                "-Xmx2g",
                "-XX:-CreateCoredumpOnCrash",
                "-Dklif.sim.libraries=" + libraries.toAbsolutePath(),
                "-cp",
                System.getProperty("java.class.path")));
    command.addAll(options);
    command.add(ForkedTests.class.getName());
    command.addAll(tests);
    Path log = Files.createTempFile("klif-forked-", ".log");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(10, TimeUnit.MINUTES)) {
        process.destroyForcibly().waitFor();
      }
      return new Result(process.exitValue(), Files.readString(log, UTF_8));
    } finally {
      Files.delete(log);
    }
  }

  /**
   * The forked JVM: test classes to run. Exit code 0: all passed; 1: one failed; 3: there was none.
   */
  public static void main(String[] tests) {
    LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
    for (String test : tests) {
      request.selectors(selectClass(test));
    }
    LauncherDiscoveryRequest built = request.build();
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    LauncherFactory.create().execute(built, summary);
    PrintWriter out = new PrintWriter(System.out, true, UTF_8);
    summary.getSummary().printFailuresTo(out, 3);
    out.printf(
        "forked tests: %d passed, %d failed%n",
        summary.getSummary().getTestsSucceededCount(), summary.getSummary().getTotalFailureCount());
    boolean none = summary.getSummary().getTestsSucceededCount() == 0;
    System.exit(summary.getSummary().getTotalFailureCount() > 0 ? 1 : none ? 3 : 0);
  }
}
