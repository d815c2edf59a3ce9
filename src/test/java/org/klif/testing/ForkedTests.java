package org.klif.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.klif.sweep.JavaLaunch;

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
   * @param classes folders of classes that come before the project's own
   * @param tests names of test classes
   */
  public static Result run(
      Path libraries, Map<String, String> environment, List<Path> classes, List<String> tests)
      throws IOException, InterruptedException {
    List<String> classPath = new ArrayList<>();
    classes.forEach(folder -> classPath.add(folder.toString()));
    classPath.add(System.getProperty("java.class.path"));
    JavaLaunch launch =
        new JavaLaunch(JavaLaunch.neededOptions(), String.join(File.pathSeparator, classPath));
    List<String> own =
        List.of(
            "-XX:+UseSerialGC",
            "-Xmx2g",
            "-XX:-CreateCoredumpOnCrash",
            "-Dklif.sim.libraries=" + libraries.toAbsolutePath());
    List<String> command = launch.command(own, ForkedTests.class.getName(), tests);
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
   * Ends the JVM at the first failure: nobody waits for more of a kernel with a planted mistake.
   */
  private static final class FirstFailure implements TestExecutionListener {
    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (result.getStatus() == TestExecutionResult.Status.FAILED) {
        System.out.printf(
            "forked tests: %s failed: %s%n",
            test.getDisplayName(), result.getThrowable().map(Throwable::toString).orElse(""));
        System.out.flush();
        Runtime.getRuntime().halt(1);
      }
    }
  }

  /**
   * The forked JVM: test classes to run, until one fails. Exit code 0: all passed; 1: one failed;
   * 3: there was none.
   */
  public static void main(String[] tests) {
    LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
    for (String test : tests) {
      request.selectors(selectClass(test));
    }
    LauncherDiscoveryRequest built = request.build();
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    LauncherFactory.create().execute(built, summary, new FirstFailure());
    long passed = summary.getSummary().getTestsSucceededCount();
    System.out.printf("forked tests: %d passed%n", passed);
    System.exit(passed == 0 ? 3 : 0);
  }
}
