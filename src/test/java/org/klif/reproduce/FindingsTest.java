package org.klif.reproduce;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FindingsTest {
  private static String said(Tables tables) {
    return Tables.chapter(tables.table(), "What it says");
  }

  @Test
  void aClearAdvantageIsSaidAndCorrectedForTheNumberOfIntervals() {
    String text =
        said(
            new Tables()
                .add("one", "klif", Protocol.A, 0.990, 0.981, 0.972)
                .add("one", "lif", Protocol.A, 0.970, 0.960, 0.950)
                .add("one", "klif", Protocol.B, 0.98, 0.95, 0.96)
                .add("one", "lif", Protocol.B, 0.96, 0.97, 0.95));
    assertTrue(text.contains("in 2 comparisons"), text);
    assertTrue(
        text.contains(
            "in favour of KLIF in 1 (one, T 4, protocol A: +2.10), in favour of LIF in none"),
        text);
    assertTrue(text.contains("In 1 of 2 it contains 0"), text);
    assertTrue(text.contains("Of 2 intervals at 95 %, 0.10 would"), text);
    assertTrue(text.contains("Bonferroni, 97.50 %"), text);
    assertTrue(text.contains("in some places only"), text);
    assertTrue(text.contains("nothing here is about the paper's own accuracies"), text);
  }

  @Test
  void whatOthersReachIsNoMeritOfKlif() {
    String text =
        said(
            new Tables()
                .add("one", "klif", Protocol.A, 0.990, 0.981, 0.972)
                .add("one", "lif", Protocol.A, 0.970, 0.960, 0.950)
                .add("one", "if", Protocol.A, 0.991, 0.982, 0.974));
    assertTrue(text.contains("is that of IF in 1, of 1 comparisons"), text);
    assertTrue(text.contains("ahead of LIF: IF on one, T 4, protocol A (+2.23)"), text);
  }

  @Test
  void theOppositeIsSaidToo() {
    String text =
        said(
            new Tables()
                .add("one", "klif", Protocol.A, 0.970, 0.961, 0.952)
                .add("one", "lif", Protocol.A, 0.990, 0.980, 0.970));
    assertTrue(text.contains("in favour of LIF in 1 (one, T 4, protocol A: -1.90)"), text);
    assertTrue(text.contains("contradict it where they decide"), text);
  }

  @Test
  void whatDecidesNothingIsNotCounted() {
    String text =
        said(
            new Tables()
                .add("one", "klif", Protocol.A, 0.75, 0.5)
                .add("one", "lif", Protocol.A, 0.5, 0.25)
                .add("one", "klif", Protocol.B, 0.9)
                .add("one", "lif", Protocol.B, 0.8));
    assertTrue(text.contains("fewer than two pairs in 1 (one, T 4, protocol B"), text);
    assertTrue(text.contains("an interval without width, in 1 (one, T 4, protocol A"), text);
    assertTrue(text.contains("neither confirm nor refute"), text);
  }
}
