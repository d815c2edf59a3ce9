package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.testing.StandIn;

/**
 * A short training through the command line, on the stand-in driver, in which each call that it
 * makes of the driver, cuBLAS and cuDNN fails once: one clear message, exit code 1, nothing left on
 * the device, and the JVM goes on.
 */
@Tag("sim")
class PlantedFaultTest {
  /** Distinct calls that the training makes; fewer would mean that it no longer reaches them. */
  private static final int FEWEST_CALLS = 30;

  /**
   * Calls that need not succeed: the memory that is free is for a message only, and where cuDNN has
   * no algorithm for one layout, or one fails when it runs first, the others are asked for.
   */
  private static final Set<String> DONE_WITHOUT =
      Set.of(
          "cuMemGetInfo",
          "cudnnGetConvolutionForwardAlgorithm_v7",
          "cudnnGetConvolutionBackwardDataAlgorithm_v7",
          "cudnnGetConvolutionBackwardFilterAlgorithm_v7",
          "cudnnGetConvolutionForwardWorkspaceSize",
          "cudnnGetConvolutionBackwardDataWorkspaceSize",
          "cudnnGetConvolutionBackwardFilterWorkspaceSize",
          "cudnnConvolutionForward",
          "cudnnConvolutionBackwardData",
          "cudnnConvolutionBackwardFilter");

  @TempDir Path folder;

  @AfterEach
  void asUsual() {
    StandIn.plant("");
  }

  /** Batches of the size of the test set, for which the trace needs no smaller plan. */
  private Cli train(String run) {
    return train(run, "360");
  }

  private Cli train(String run, String batch) {
    return Cli.run(
        "train",
        "digits",
        "--device",
        "sim",
        "--epochs",
        "1",
        "--batch",
        batch,
        "--T",
        "2",
        "--set",
        "network=c4k3 bn sn mp2 | dp fc20 bn sn | vote2",
        "--out",
        folder.resolve(run).toString());
  }

  @Test
  void everyCallThatFailsIsNamedAndLeavesNothing() {
    StandIn.require();
    Cli first = train("first"); // the first use in a process also loads the libraries
    assertEquals(0, first.code(), first.err());
    StandIn.plant("");
    Cli whole = train("whole");
    assertEquals(0, whole.code(), whole.err());
    Map<String, Long> calls = StandIn.callList();
    long functions = calls.keySet().stream().filter(call -> !isKernel(call)).count();
    assertTrue(functions >= FEWEST_CALLS, "calls: " + calls);
    List<String> wrong = new ArrayList<>();
    calls.forEach(
        (call, count) ->
            // the first and the last: opening or a step, and closing
            Stream.of(1L, isKernel(call) ? 1L : count)
                .distinct()
                .forEach(number -> wrong.addAll(failures(call, number))));
    assertEquals("", String.join("\n", wrong));
  }

  @Test
  void aTraceForWhichMemoryLacksTakesSmallerBatches() {
    StandIn.require();
    Cli first = train("first", "512");
    assertEquals(0, first.code(), first.err());
    StandIn.plant("");
    Cli whole = train("whole", "512");
    assertEquals(0, whole.code(), whole.err());
    // the last memory of all is that of the trace's own plan, for 360 test samples
    StandIn.plant("cuMemAlloc:" + StandIn.callList().get("cuMemAlloc"));
    Cli lacking = train("lacking", "512");
    assertEquals(0, lacking.code(), lacking.err());
    assertEquals("", lacking.err());
    assertEquals(0, StandIn.liveAllocations());
    assertTrue(Files.exists(folder.resolve("lacking/report.html")));
  }

  private static boolean isKernel(String call) {
    return call.startsWith("kernel/");
  }

  /** What is wrong when that call fails. */
  private List<String> failures(String call, long number) {
    String plan = call + ":" + number;
    StandIn.plant(plan);
    Cli result = train(plan.replace('/', '-').replace(':', '-'));
    StandIn.plant("");
    List<String> wrong = new ArrayList<>();
    List<String> errors = result.err().lines().filter(line -> line.startsWith("klif: ")).toList();
    if (DONE_WITHOUT.contains(call) && result.code() == 0 && errors.isEmpty()) {
      return wrong;
    }
    if (result.code() != 1) {
      wrong.add(plan + ": exit code " + result.code());
    }
    // a kernel's fault is found later, by the call that waits: for a stream, or a step's event
    String named =
        isKernel(call)
            ? "Synchronize failed (last launch: "
            : call.equals("cuMemAlloc") ? "klif: out of device memory: " : call + " failed";
    if (errors.size() != 1 || !errors.get(0).contains(named)) {
      wrong.add("%s: messages %s".formatted(plan, errors));
    }
    // memory whose freeing fails is lost, no more than that
    long most = call.equals("cuMemFree") ? 1 : 0;
    if (StandIn.liveAllocations() > most) {
      wrong.add(plan + ": live allocations " + StandIn.liveAllocations());
    }
    return wrong;
  }
}
