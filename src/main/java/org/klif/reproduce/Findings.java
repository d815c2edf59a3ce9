package org.klif.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * In words, made from the numbers: what the table says about the abstract's claim that KLIF
 * performs much better than LIF.
 */
final class Findings {
  private static final String CLAIMED = "klif";

  private final List<TableLine> lines;
  private final List<TableLine> compared;
  private final List<TableLine> decidable;

  private Findings(List<TableLine> lines) {
    this.lines = lines;
    compared =
        lines.stream()
            .filter(line -> line.key().neuron().equals(CLAIMED) && line.difference().isPresent())
            .toList();
    decidable =
        compared.stream()
            .filter(line -> difference(line).pairs() > 1 && !difference(line).isWithoutSpread())
            .toList();
  }

  /** One entry a paragraph. */
  static List<String> of(List<TableLine> lines) {
    return new Findings(lines).paragraphs();
  }

  private List<String> paragraphs() {
    if (compared.isEmpty()) {
      return List.of(
          "Nothing yet: no KLIF run has a finished LIF run with the same seed beside it.");
    }
    List<String> text = new ArrayList<>();
    long ahead = compared.stream().filter(line -> difference(line).mean() > 0).count();
    long behind = compared.stream().filter(line -> difference(line).mean() < 0).count();
    text.add(
        "KLIF beside LIF with the same seeds in %s (data set, T, protocol): the mean difference is above 0 in %d, below 0 in %d, 0 in %d."
            .formatted(
                counted(compared.size(), "comparison"),
                ahead,
                behind,
                compared.size() - ahead - behind));
    text.add(decisions());
    if (decidable.size() > 1) {
      text.add(multipleComparisons());
    }
    withoutInterval().ifPresent(text::add);
    text.add(others());
    text.add(claim());
    return text;
  }

  private String decisions() {
    double level = PairedDifference.CONFIDENCE;
    List<TableLine> better = excluding(level, true);
    List<TableLine> worse = excluding(level, false);
    int open = decidable.size() - better.size() - worse.size();
    return ("The 95 %% interval of the difference excludes 0 in favour of KLIF in %s, in favour of LIF in %s."
            + " In %d of %d it contains 0: these runs do not decide there.")
        .formatted(listed(better), listed(worse), open, decidable.size());
  }

  private String multipleComparisons() {
    int n = decidable.size();
    double corrected = 1 - (1 - PairedDifference.CONFIDENCE) / n;
    return String.format(
        Locale.ROOT,
        "Of %d intervals at 95 %%, %.2f would exclude 0 by chance alone if KLIF and LIF were equal everywhere. At the level that allows for that"
            + " (Bonferroni, %.2f %% for each), 0 is excluded in favour of KLIF in %s, in favour of LIF in %s.",
        n,
        n * (1 - PairedDifference.CONFIDENCE),
        100 * corrected,
        listed(excluding(corrected, true)),
        listed(excluding(corrected, false)));
  }

  /** What is ahead of LIF alike is no merit of KLIF alone. */
  private String others() {
    Map<LineKey, List<TableLine>> comparisons = new LinkedHashMap<>();
    for (TableLine line : lines) {
      comparisons.computeIfAbsent(line.key().with(""), none -> new ArrayList<>()).add(line);
    }
    Map<String, Integer> highest = new TreeMap<>();
    int several = 0;
    for (List<TableLine> ofRow : comparisons.values()) {
      if (ofRow.size() > 1) {
        several++;
        double best = ofRow.stream().mapToDouble(l -> l.accuracy().mean()).max().orElseThrow();
        ofRow.stream()
            .filter(l -> l.accuracy().mean() == best)
            .forEach(l -> highest.merge(Column.neuron(l.key().neuron()), 1, Integer::sum));
      }
    }
    List<String> ahead =
        lines.stream()
            .filter(l -> !l.key().neuron().equals(CLAIMED) && aheadOfLif(l))
            .map(
                l ->
                    "%s on %s (%s)"
                        .formatted(
                            Column.neuron(l.key().neuron()),
                            l.key().comparison(),
                            Column.points(difference(l).mean())))
            .toList();
    return "The highest mean of a comparison is that of %s, of %d comparisons (equal ones count for each). Of the other neurons the 95 %% interval puts ahead of LIF: %s."
        .formatted(
            highest.entrySet().stream()
                .map(e -> e.getKey() + " in " + e.getValue())
                .collect(Collectors.joining(", ")),
            several,
            ahead.isEmpty() ? "none" : String.join("; ", ahead));
  }

  private static boolean aheadOfLif(TableLine line) {
    return line.difference()
        .filter(d -> !d.isWithoutSpread())
        .flatMap(d -> d.interval(PairedDifference.CONFIDENCE))
        .map(interval -> interval.low() > 0)
        .orElse(false);
  }

  private Optional<String> withoutInterval() {
    List<TableLine> single =
        compared.stream().filter(line -> difference(line).pairs() < 2).toList();
    List<TableLine> same =
        compared.stream().filter(line -> difference(line).isWithoutSpread()).toList();
    if (single.isEmpty() && same.isEmpty()) {
      return Optional.empty();
    }
    List<String> parts = new ArrayList<>();
    if (!single.isEmpty()) {
      parts.add("fewer than two pairs in " + listed(single));
    }
    if (!same.isEmpty()) {
      parts.add(
          "pairs that all differ by the same amount, an interval without width, in "
              + listed(same));
    }
    return Optional.of("Not counted above: " + String.join("; ", parts) + ".");
  }

  private String claim() {
    int better = excluding(PairedDifference.CONFIDENCE, true).size();
    int worse = excluding(PairedDifference.CONFIDENCE, false).size();
    String verdict;
    if (worse > 0 && better > 0) {
      verdict = "So the numbers support it in some places and contradict it in others";
    } else if (worse > 0) {
      verdict = "So the numbers contradict it where they decide at all";
    } else if (better == 0) {
      verdict = "So the numbers neither confirm nor refute it";
    } else if (better == decidable.size()) {
      verdict = "So the numbers support that KLIF is better than LIF here";
    } else {
      verdict = "So the numbers support that KLIF is better than LIF in some places only";
    }
    double largest = compared.stream().mapToDouble(line -> difference(line).mean()).max().orElse(0);
    boolean small =
        compared.stream()
            .noneMatch(
                line -> line.key().row().comparable() && line.key().row().scale().equals("full"));
    return "The abstract says that KLIF performs much better than LIF. %s; the largest mean difference is %s points.%s"
        .formatted(
            verdict,
            Column.points(largest),
            small
                ? " None of these rows has the network, T and number of epochs of a published figure, so nothing here is about the paper's own accuracies."
                : "");
  }

  private List<TableLine> excluding(double confidence, boolean positive) {
    return decidable.stream()
        .filter(
            line -> {
              PairedDifference.Interval interval =
                  difference(line).interval(confidence).orElseThrow();
              return interval.excludesZero() && (interval.low() > 0) == positive;
            })
        .toList();
  }

  private static PairedDifference difference(TableLine line) {
    return line.difference().orElseThrow();
  }

  private static String listed(List<TableLine> lines) {
    return lines.isEmpty()
        ? "none"
        : lines.size()
            + lines.stream()
                .map(
                    line ->
                        "%s: %s"
                            .formatted(
                                line.key().comparison(), Column.points(difference(line).mean())))
                .collect(Collectors.joining("; ", " (", ")"));
  }

  private static String counted(int number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }
}
