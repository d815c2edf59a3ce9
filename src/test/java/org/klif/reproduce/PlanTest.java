package org.klif.reproduce;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static Plan.Entry entry(long seed, double seconds) {
    return entry(seed, OptionalDouble.of(seconds), Plan.Share.WHOLE);
  }

  private static Plan.Entry entry(long seed, OptionalDouble seconds, Plan.Share share) {
    return new Plan.Entry(Tables.experiment("one", "klif", Protocol.A, seed), seconds, share);
  }

  private static List<String> names(List<Plan.Entry> entries) {
    return entries.stream()
        .map(e -> "s" + e.experiment().seed() + (e.share() == Plan.Share.PART ? " part" : ""))
        .toList();
  }

  @Test
  void withoutBudgetEverythingIsDone() {
    Plan plan = Plan.all(List.of(entry(1, 1e9), entry(2, 1)));
    assertEquals(List.of("s1", "s2"), names(plan.now()));
    assertTrue(plan.leftOut().isEmpty());
  }

  @Test
  void twoWorkersDoWhatFitsInOrder() {
    // 100 s each on two workers within 250 s: two rounds, then 50 s are left on both
    List<Plan.Entry> open = IntStream.rangeClosed(1, 7).mapToObj(i -> entry(i, 100)).toList();
    Plan plan = Plan.within(open, 250, 2);
    assertEquals(List.of("s1", "s2", "s3", "s4", "s5 part", "s6 part"), names(plan.now()));
    assertEquals(List.of("s7"), names(plan.leftOut()));
  }

  @Test
  void aShorterRunTakesThePlaceOfOneThatDoesNotFit() {
    Plan plan = Plan.within(List.of(entry(1, 50), entry(2, 200), entry(3, 45)), 100, 1);
    assertEquals(List.of("s1", "s3"), names(plan.now()));
    assertEquals(List.of("s2"), names(plan.leftOut()), "5 s are not worth a start");
  }

  @Test
  void aRunOfUnknownLengthGetsWhatIsLeft() {
    Plan plan =
        Plan.within(
            List.of(entry(1, OptionalDouble.empty(), Plan.Share.WHOLE), entry(2, 30)), 480, 1);
    assertEquals(List.of("s2", "s1 part"), names(plan.now()));
  }

  @Test
  void aBegunRunGoesOnAheadOfANewOne() {
    Plan plan =
        Plan.within(
            List.of(entry(1, 1e5), entry(2, OptionalDouble.of(9e4), Plan.Share.PART)), 480, 1);
    assertEquals(List.of("s2 part"), names(plan.now()));
    assertEquals(List.of("s1"), names(plan.leftOut()));
  }

  @Test
  void costsComeFromTheNearestMeasurement() {
    Costs costs = new Costs();
    Experiment klif = Tables.experiment("one", "klif", Protocol.A, 1);
    assertEquals(5.0, costs.seconds(klif, 30, 60).orElseThrow(), "half of the stated 10 s");
    assertTrue(
        costs.seconds(Tables.experiment("two", "klif", Protocol.A, 1), 64, 64).isEmpty(),
        "nothing is stated for the row, nor measured");

    costs.measured(Tables.experiment("one", "lif", Protocol.A, 1), 2);
    double ofLif = costs.seconds(klif, 10, 60).orElseThrow();
    assertTrue(ofLif > 20 && ofLif < 30, "10 epochs of 2 s, evaluation and start: " + ofLif);

    costs.measured(Tables.experiment("one", "klif", Protocol.B, 2), 4);
    double own = costs.seconds(klif, 10, 60).orElseThrow();
    assertTrue(own > 40 && own < 55, "its own neuron counts more: " + own);

    Experiment longer = new Experiment(Tables.row("one"), "klif", 8, Protocol.A, 1);
    double twice = costs.seconds(longer, 10, 60).orElseThrow();
    assertTrue(twice > 55 && twice < 75, "mean of 2 and 4 s at T 4, twice that at T 8: " + twice);
    costs.measured(klif, Double.NaN);
    assertEquals(own, costs.seconds(klif, 10, 60).orElseThrow());
  }
}
