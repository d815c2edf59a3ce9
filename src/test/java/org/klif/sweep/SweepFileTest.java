package org.klif.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.config.RunConfig;

/** What sweep files say and which runs they ask for. */
class SweepFileTest {
  @TempDir Path folder;

  private static SweepFile parse(String... lines) {
    return SweepFile.parse("sweep.yaml", String.join("\n", lines) + "\n", Path.of(""));
  }

  private static SweepPlan plan(String... lines) {
    return SweepPlan.of(parse(lines), SweepPlan.Options.NONE);
  }

  private static List<String> ids(SweepPlan plan) {
    return plan.jobs().stream().map(Job::id).toList();
  }

  @Test
  void everyCombinationInTheOrderOfTheFile() {
    SweepPlan plan =
        plan(
            "name: all",
            "base:",
            "  preset: digits",
            "  settings:",
            "    epochs: 3",
            "    optimizer: {learningRate: 0.01}",
            "variants:",
            "  plain: {}",
            "  slow: {neuron.tau: 4, optimizer.learningRate: 0.001}",
            "grid:",
            "  T: [2, 4]",
            "seeds: [1, 7]");
    assertEquals(
        List.of(
            "plain_T-2_s1",
            "plain_T-2_s7",
            "plain_T-4_s1",
            "plain_T-4_s7",
            "slow_T-2_s1",
            "slow_T-2_s7",
            "slow_T-4_s1",
            "slow_T-4_s7"),
        ids(plan));
    assertEquals(List.of("variant", "T"), plan.swept());
    RunConfig first = plan.jobs().get(0).config();
    RunConfig last = plan.jobs().get(7).config();
    assertEquals(List.of(2, 1L, 3), List.of(first.steps(), first.seed(), first.epochs()));
    assertEquals(0.01, first.optimizer().learningRate());
    assertEquals(List.of(4, 7L, 3), List.of(last.steps(), last.seed(), last.epochs()));
    assertEquals(0.001, last.optimizer().learningRate());
    assertEquals(4.0, last.neuron().tau());
    assertEquals("slow_T-4", plan.runs().get(7).group());
    assertEquals(plan.runs().get(6).group(), plan.runs().get(7).group());
  }

  @Test
  void seedsHave64Bits() {
    SweepPlan plan =
        plan("name: s", "base: digits", "seeds: [-9223372036854775808, 9223372036854775807]");
    assertEquals(
        List.of(Long.MIN_VALUE, Long.MAX_VALUE),
        plan.jobs().stream().map(job -> job.config().seed()).toList());
  }

  @Test
  void aBaseAloneIsOneRun() {
    assertEquals(List.of("run"), ids(plan("name: one", "base: digits")));
  }

  @Test
  void theBaseMayBeAConfigurationBesideTheFile() throws Exception {
    Files.writeString(folder.resolve("base.yaml"), "data: digits\nT: 3\n");
    Path file = folder.resolve("sweep.yaml");
    Files.writeString(file, "name: x\nbase: {config: base.yaml}\ngrid: {batch: [8, 16]}\n");
    SweepPlan plan = SweepPlan.of(SweepFile.open(file.toString()), SweepPlan.Options.NONE);
    assertEquals(List.of("batch-8", "batch-16"), ids(plan));
    assertEquals(3, plan.jobs().get(0).config().steps());
  }

  @Test
  void drawsAreFixedByTheirSeedAndMoreDrawsBeginAlike() {
    String ranges =
        "ranges: {dropout: {uniform: [0, 0.5]}, optimizer.learningRate: {log-uniform: [0.0001, 0.1]},"
            + " T: {integer: [1, 16]}, neuron.surrogate: {choice: [atan, sigmoid]}}";
    List<String> three = ids(plan("name: r", "base: digits", "random: {count: 3, " + ranges + "}"));
    // written down once, and computed by a few lines of Python: another Java must draw the same
    assertEquals(DRAWS, three);
    List<String> five = ids(plan("name: r", "base: digits", "random: {count: 5, " + ranges + "}"));
    assertEquals(three, five.subList(0, 3));
    List<String> other =
        ids(plan("name: r", "base: digits", "random: {count: 3, seed: 2, " + ranges + "}"));
    assertFalse(other.stream().anyMatch(three::contains), other.toString());
  }

  private static final List<String> DRAWS =
      List.of(
          "dropout-0.478921_learningRate-0.000313494_T-3_surrogate-sigmoid",
          "dropout-0.00748219_learningRate-0.00585432_T-16_surrogate-atan",
          "dropout-0.39226_learningRate-0.0014193_T-1_surrogate-atan");

  @Test
  void drawsLieInTheirRanges() {
    List<String> whole = new Range.Whole(1, 3).draws(1, "T", 100);
    assertEquals(List.of("1", "2", "3"), whole.stream().distinct().sorted().toList());
    double small =
        new Range.LogUniform(1e-4, 1e-2)
            .draws(1, "x", 1000).stream()
                .mapToDouble(Double::parseDouble)
                .peek(x -> assertTrue(x >= 1e-4 && x <= 1e-2))
                .filter(x -> x < 1e-3)
                .count();
    // half of the draws lie below the geometric mean: 500 of 1000, with a standard deviation of 16
    assertEquals(500, small, 80);
  }

  @Test
  void aSmallRangeGivesEachPointOnce() {
    SweepPlan plan =
        plan("name: r", "base: digits", "random: {count: 50, ranges: {T: {integer: [1, 3]}}}");
    assertEquals(List.of("T-1", "T-2", "T-3"), ids(plan).stream().sorted().toList());
  }

  @Test
  void valuesThatCannotBeInANameAreToldApartByAHash() {
    List<String> ids =
        ids(
            plan(
                "name: n",
                "base: digits",
                "grid:",
                "  network: ['fc10 klif', 'fc10 lif', 'fc10  lif | vote1']"));
    assertEquals(3, ids.stream().distinct().count());
    for (String id : ids) {
      assertTrue(id.matches("network-fc10-(k?lif|lif-vote1)-[0-9a-f]{8}"), id);
    }
  }

  @Test
  void theCommandLineAddsSettingsThatAreNotVaried() {
    SweepFile file = parse("name: n", "base: digits", "grid: {T: [2, 4]}");
    SweepPlan plan =
        SweepPlan.of(file, new SweepPlan.Options(List.of("epochs=2"), "/data", "cpu", 3));
    RunConfig config = plan.jobs().get(0).config();
    assertEquals(2, config.epochs());
    assertEquals("/data", config.dataFolder());
    assertEquals("cpu", config.device());
    assertEquals(3, config.threads());
    String message =
        assertThrows(
                UsageException.class,
                () -> SweepPlan.of(file, new SweepPlan.Options(List.of("T=8"), "", "", 1)))
            .getMessage();
    assertEquals("--set T=8: T is varied in sweep.yaml, line 3", message);
  }

  @Test
  void whatIsVariedWithoutEffectIsSaidOnceForAllRuns() {
    SweepFile file =
        parse(
            "name: n",
            "base: {preset: digits, settings: {neuron.relu: false, frames: time}}",
            "grid: {neuron.model: [klif, lif], neuron.k: [1, 2]}",
            "seeds: [1, 2]");
    assertEquals(
        List.of(
            "note: sweep.yaml, line 2: frames has no effect: digits has images, no events (8 of 8 runs)",
            "note: sweep.yaml, line 3: neuron.k has no effect: no neuron of the network (lif) has it (4 of 8 runs)"),
        SweepPlan.notes(file, SweepPlan.Options.NONE));
  }

  /** The sweeps of Klif vary nothing in vain. */
  @ParameterizedTest
  @FieldSource("org.klif.sweep.SweepFile#NAMES")
  void theSweepsOfKlifReadAllThatTheyVary(String name) {
    assertEquals(List.of(), SweepPlan.notes(SweepFile.open(name), SweepPlan.Options.NONE));
  }

  @Test
  void halvingHasDefaults() {
    Halving halving = parse("name: h", "base: digits", "halving: {}").halving().orElseThrow();
    assertEquals(new Halving(Halving.Metric.TEST_ACCURACY, 3, 1), halving);
    assertEquals(List.of(1, 3, 9), halving.rungs(27));
    assertEquals(List.of(1, 3, 9, 27), halving.rungs(28));
    assertEquals(List.of(8, 2, 1), List.of(24, 8, 2).stream().map(halving::survivors).toList());
  }

  @ParameterizedTest
  @FieldSource("org.klif.sweep.SweepFile#NAMES")
  void theSweepsOfKlifCanBePlanned(String name) {
    SweepPlan plan = SweepPlan.of(SweepFile.open(name), SweepPlan.Options.NONE);
    assertEquals(name, plan.name());
    assertTrue(plan.runs().size() > 1);
  }

  /** Lines after name and base, which are lines 1 and 2, and the sentence they lead to. */
  static Stream<List<String>> malformed() {
    return Stream.of(
        List.of(
            "gird: {T: [1]}",
            "sweep.yaml, line 3: the sweep has no key 'gird' (did you mean 'grid'?); its keys are name, base, variants, grid, random, seeds, halving"),
        List.of("grid: {TT: [1]}", "sweep.yaml, line 3: there is no setting 'TT'"),
        List.of("grid: {T: []}", "sweep.yaml, line 3: T is an empty list"),
        List.of("grid: {}", "sweep.yaml, line 3: grid is empty"),
        List.of("grid: {T: 4}", "sweep.yaml, line 3: T must be a list, as in [1, 2, 3]"),
        List.of("grid: {T: [4, 2, 4]}", "sweep.yaml, line 3: T holds 4 twice"),
        List.of("grid: {T: [4, 0]}", "sweep.yaml, line 3: T must be at least 1, not 0"),
        List.of("grid: {T: [4, [1]]}", "sweep.yaml, line 3: each value of T must be one value"),
        List.of(
            "grid: {T: [4], T: [5]}",
            "sweep.yaml, line 3: T is there twice, first in sweep.yaml, line 3"),
        List.of(
            "grid: {neuron: {tau: [2, x]}}",
            "sweep.yaml, line 3: neuron.tau must be a number, not \"x\""),
        List.of("seeds: [1, 1]", "sweep.yaml, line 3: seeds holds 1 twice"),
        List.of(
            "seeds: [1.5]",
            "sweep.yaml, line 3: a seed must be a whole number from -2^63 to below 2^63, not 1.5"),
        List.of(
            "seeds: [9223372036854775808]",
            "sweep.yaml, line 3: a seed must be a whole number from -2^63 to below 2^63, not 9223372036854775808"),
        List.of(
            "grid: {seed: [1]}\nseeds: [1]",
            "sweep.yaml, line 4: seed is varied already in sweep.yaml, line 3"),
        List.of(
            "random: {count: 0, ranges: {T: {integer: [1, 2]}}}",
            "sweep.yaml, line 3: count must be at least 1, not 0"),
        List.of(
            "random: {count: 3000000000, ranges: {T: {integer: [1, 2]}}}",
            "sweep.yaml, line 3: count must be at most 2147483647, not 3000000000"),
        List.of("random: {ranges: {T: {integer: [1, 2]}}}", "sweep.yaml, line 3: count is missing"),
        List.of(
            "random: {count: 1, ranges: {T: {int: [1, 2]}}}",
            "sweep.yaml, line 3: the range 'int' of T is unknown (did you mean 'integer'?)"),
        List.of(
            "random: {count: 1, ranges: {T: {integer: [2, 1]}}}",
            "sweep.yaml, line 3: integer of T needs the lower end first"),
        List.of(
            "random: {count: 1, ranges: {T: {integer: [2]}}}",
            "sweep.yaml, line 3: integer of T needs [low, high]"),
        List.of(
            "random: {count: 1, ranges: {dropout: {log-uniform: [0, 1]}}}",
            "sweep.yaml, line 3: log-uniform of dropout needs ends above 0"),
        List.of(
            "random: {count: 1, ranges: {dropout: {uniform: [0, many]}}}",
            "sweep.yaml, line 3: an end of dropout must be a number, not many"),
        List.of(
            "random: {count: 1, ranges: {dropout: {uniform: [-1e308, 1e308]}}}",
            "sweep.yaml, line 3: uniform of dropout has ends too far apart to draw between"),
        List.of(
            "random: {count: 1, ranges: {seed: {integer: [-9223372036854775808, 0]}}}",
            "sweep.yaml, line 3: integer of seed has ends too far apart to draw between"),
        List.of(
            "random: {count: 1, ranges: {seed: {integer: [9007199254740993, 9007199254740992]}}}",
            "sweep.yaml, line 3: integer of seed needs the lower end first"),
        List.of("halving: {metric: accuracy}", "sweep.yaml, line 3: metric 'accuracy' is unknown"),
        List.of("halving: {factor: 1}", "sweep.yaml, line 3: factor must be at least 2, not 1"),
        List.of("variants: {a: {T: 4}, b: {T: 4}}", "sweep.yaml: the runs a and b are the same"),
        List.of(
            "variants: {a: {T: 4}, b: {}}\ngrid: {T: [1, 2]}",
            "sweep.yaml, line 4: T is varied already in sweep.yaml, line 3"),
        List.of("grid: {T: [1", "sweep.yaml, line 3: while parsing a flow sequence"));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void whatIsWrongIsOneSentenceWithItsLine(List<String> example) {
    KlifException error =
        assertThrows(KlifException.class, () -> plan("name: bad", "base: digits", example.get(0)));
    assertTrue(error.getMessage().startsWith(example.get(1)), error.getMessage());
    assertEquals(1, error.getMessage().lines().count(), error.getMessage());
    assertFalse(error instanceof UsageException, "the file is wrong, not the command line");
  }

  @Test
  void wrongBasesAreNamed() {
    assertBase("base: digitz", "sweep.yaml: unknown preset 'digitz' (did you mean 'digits'?)");
    assertBase("base: {}", "sweep.yaml, line 2: base needs either preset or config");
    assertBase("base: {config: none.yaml}", "Cannot read none.yaml: no such file or folder");
    assertBase(
        "base: {preset: digits, settings: {epoch: 1}}",
        "sweep.yaml, line 2: there is no setting 'epoch' (did you mean 'epochs'?)");
    assertBase("seeds: [1]", "sweep.yaml, line 1: base is missing");
    assertInstanceOf(
        UsageException.class,
        assertThrows(KlifException.class, () -> SweepFile.open("ablation-surogate")));
  }

  private static void assertBase(String line, String expected) {
    String message = assertThrows(KlifException.class, () -> plan("name: bad", line)).getMessage();
    assertTrue(message.startsWith(expected), message);
  }
}
