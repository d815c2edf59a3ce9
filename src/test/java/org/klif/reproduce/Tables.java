package org.klif.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Tables and runs for tests, made up. */
final class Tables {
  static final TableFile FILE =
      TableFile.parse(
          "test",
          """
          rows:
            - {name: one, scale: small, data: digits, preset: digits, T: [4], seeds: [1, 2, 3],
               neurons: [klif, lif, if], threads: 1, secondsPerRun: 10}
            - {name: two, scale: full, data: mnist, preset: mnist, T: [8], seeds: [1, 2, 3],
               neurons: [klif, lif], threads: 0, comparable: true}
          published:
            - {data: mnist, neuron: klif, T: 8, protocol: A, percent: 99.5, epochs: 64, source: somebody}
          """);

  private final Map<Experiment, FinishedRun> runs = new LinkedHashMap<>();

  static TableRow row(String name) {
    return FILE.rows().stream().filter(row -> row.name().equals(name)).findFirst().orElseThrow();
  }

  static Experiment experiment(String row, String neuron, Protocol protocol, long seed) {
    return new Experiment(row(row), neuron, row(row).steps().get(0), protocol, seed);
  }

  /** Runs with seeds from 1 and these accuracies; the last epoch's is 0.01 less. */
  Tables add(String row, String neuron, Protocol protocol, double... accuracies) {
    for (int i = 0; i < accuracies.length; i++) {
      double best = accuracies[i];
      Map<String, Double> learned = new LinkedHashMap<>();
      if (neuron.equals("klif")) {
        learned.put("k of 2.klif", 1.0 + i);
        learned.put("k of 6.klif", 2.0);
      }
      TestScore test = protocol == Protocol.B ? new TestScore(3, best, 0.1, 360) : null;
      FinishedRun run =
          new FinishedRun(
              i + 1,
              new FinishedRun.Watched(best, 3, best - 0.01),
              test,
              360,
              60,
              1,
              2.0 + i,
              64_940,
              0.125,
              1.5e6,
              2.5e6,
              learned);
      runs.put(experiment(row, neuron, protocol, i + 1), run);
    }
    return this;
  }

  ResultsTable table(String... missing) {
    Set<Experiment> all = new LinkedHashSet<>();
    for (TableRow row : FILE.rows()) {
      for (Protocol protocol : Protocol.values()) {
        for (String neuron : row.neurons()) {
          row.seeds()
              .forEach(s -> all.add(new Experiment(row, neuron, row.steps().get(0), protocol, s)));
        }
      }
    }
    return ResultsTable.of(FILE, all, all, runs, List.of(missing));
  }

  /** The paragraphs of a chapter. */
  static String chapter(ResultsTable table, String title) {
    List<String> found = new ArrayList<>();
    table.chapters().stream()
        .filter(chapter -> chapter.title().startsWith(title))
        .forEach(chapter -> found.addAll(chapter.paragraphs()));
    return String.join("\n", found);
  }
}
