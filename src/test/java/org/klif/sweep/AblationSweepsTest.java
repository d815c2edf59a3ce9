package org.klif.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.UsageException;
import org.klif.config.RunConfig;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.Reset;
import org.klif.neuron.Surrogate;
import org.klif.neuron.file.NeuronFile;

/** The ablations that come with Klif have the runs that docs/ABLATIONS.md says. */
class AblationSweepsTest {
  private static List<RunConfig> runs(String name) {
    SweepPlan plan = SweepPlan.of(SweepFile.open(name), SweepPlan.Options.NONE);
    assertEquals(name, plan.name());
    return plan.jobs().stream().map(Job::config).toList();
  }

  /** What the runs of seed 1 come to under a view of them, each once. */
  private static <T> Set<T> seen(List<RunConfig> runs, Function<RunConfig, T> view) {
    List<T> all = runs.stream().filter(run -> run.seed() == 1).map(view).toList();
    Set<T> different = new HashSet<>(all);
    assertEquals(different.size(), all.size(), all.toString());
    return different;
  }

  private static Neuron neuron(RunConfig config) {
    return config.neuron().neuron();
  }

  static List<String> names() {
    return SweepFile.NAMES.stream().filter(name -> name.startsWith("ablation-")).toList();
  }

  /** So their figures stand beside each other, and are the same however many cores there are. */
  @ParameterizedTest
  @MethodSource("names")
  void allHaveTheSameBaseAndThreeSeeds(String name) {
    List<RunConfig> runs = runs(name);
    runs.forEach(
        run -> {
          assertEquals("digits", run.preset());
          assertEquals(20, run.epochs());
          assertEquals(1, run.threads());
        });
    Map<Long, Long> seeds =
        runs.stream().collect(Collectors.groupingBy(RunConfig::seed, Collectors.counting()));
    assertEquals(Set.of(1L, 2L, 3L), seeds.keySet());
    assertEquals(1, new HashSet<>(seeds.values()).size(), seeds.toString());
  }

  @Test
  void thereAreSeven() {
    assertEquals(
        List.of(
            "ablation-k",
            "ablation-relu",
            "ablation-reset",
            "ablation-surrogate",
            "ablation-T",
            "ablation-initial-k",
            "ablation-neuron"),
        names());
  }

  @Test
  void anotherPresetKeepsWhatIsVariedAndTheSettings() {
    SweepFile file = SweepFile.open("ablation-k");
    SweepPlan plan = SweepPlan.of(file.onPreset("mnist-small"), SweepPlan.Options.NONE);
    RunConfig first = plan.jobs().get(0).config();
    assertEquals("mnist-small", first.preset());
    assertEquals("mnist", first.data());
    assertEquals(20, first.epochs());
    assertEquals(0, first.optimizer().neuronRateFactor());
    List<String> ids =
        SweepPlan.of(file, SweepPlan.Options.NONE).jobs().stream().map(Job::id).toList();
    assertEquals(ids, plan.jobs().stream().map(Job::id).toList());
    UsageException e = assertThrows(UsageException.class, () -> file.onPreset("mnist-smal"));
    assertTrue(e.getMessage().contains("did you mean 'mnist-small'"), e.getMessage());
  }

  @Test
  void kIsFixedLearnedAndLearnedPerChannel() {
    SweepPlan plan = SweepPlan.of(SweepFile.open("ablation-k"), SweepPlan.Options.NONE);
    List<String> ids =
        List.of("fixed-k", "learned-k", "k-per-channel", "lif").stream()
            .flatMap(variant -> IntStream.rangeClosed(1, 3).mapToObj(s -> variant + "_s" + s))
            .toList();
    assertEquals(ids, plan.jobs().stream().map(Job::id).toList());
    List<RunConfig> first = runs("ablation-k").stream().filter(run -> run.seed() == 1).toList();
    assertEquals(0, first.get(0).optimizer().neuronRateFactor());
    assertEquals(1, first.get(1).optimizer().neuronRateFactor());
    assertFalse(((Neuron.Klif) neuron(first.get(1))).perChannel());
    assertTrue(((Neuron.Klif) neuron(first.get(2))).perChannel());
    assertEquals(1, first.get(2).optimizer().neuronRateFactor());
    assertTrue(neuron(first.get(3)) instanceof Neuron.Lif);
  }

  @Test
  void theReluIsThereAndNotWithKLearnedAndFixed() {
    List<RunConfig> runs = runs("ablation-relu");
    assertEquals(12, runs.size());
    assertEquals(
        Set.of("true 1.0", "true 0.0", "false 1.0", "false 0.0"),
        seen(
            runs,
            run -> ((Neuron.Klif) neuron(run)).relu() + " " + run.optimizer().neuronRateFactor()));
  }

  @Test
  void resetsAreHardAndSoftDetachedAndNot() {
    List<RunConfig> runs = runs("ablation-reset");
    assertEquals(24, runs.size());
    Set<String> expected = new HashSet<>();
    for (String model : List.of("klif", "lif")) {
      for (String reset : List.of("hard", "soft")) {
        expected.add(model + " " + reset + " true");
        expected.add(model + " " + reset + " false");
      }
    }
    assertEquals(
        expected,
        seen(
            runs,
            run -> {
              Neuron.Common common = neuron(run).common();
              String reset = common.reset() instanceof Reset.Soft ? "soft" : "hard";
              return neuron(run).token() + " " + reset + " " + common.detachReset();
            }));
  }

  @Test
  void allSurrogatesHaveTheirDefaultSteepness() {
    List<RunConfig> runs = runs("ablation-surrogate");
    assertEquals(36, runs.size());
    Set<Object> expected = new HashSet<>();
    for (Surrogate.Kind kind : Surrogate.Kind.values()) {
      for (String model : List.of("klif", "lif")) {
        expected.add(List.of(model, Surrogate.of(kind)));
      }
    }
    assertEquals(
        expected,
        seen(runs, run -> List.of(neuron(run).token(), neuron(run).common().surrogate())));
  }

  @Test
  void stepsGoFromOneToSixteen() {
    List<RunConfig> runs = runs("ablation-T");
    assertEquals(42, runs.size());
    List<String> expected = new ArrayList<>();
    for (int steps : new int[] {1, 2, 4, 6, 8, 12, 16}) {
      expected.add("klif " + steps);
      expected.add("lif " + steps);
    }
    assertEquals(Set.copyOf(expected), seen(runs, run -> neuron(run).token() + " " + run.steps()));
  }

  @Test
  void kStartsBelowAndAboveOne() {
    List<RunConfig> runs = runs("ablation-initial-k");
    assertEquals(15, runs.size());
    assertEquals(
        Set.of(0.25, 0.5, 1.0, 2.0, 4.0), seen(runs, run -> ((Neuron.Klif) neuron(run)).k()));
  }

  @Test
  void everyNeuronThatComesWithKlifIsCompared() {
    Set<String> all = new HashSet<>(NeuronOptions.MODELS);
    all.addAll(NeuronFile.SHIPPED);
    assertEquals(all, seen(runs("ablation-neuron"), run -> run.neuron().model()));
  }
}
