package org.klif.reproduce;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.neuron.file.Trust;
import org.klif.sweep.JobRunner;

/**
 * The tables in docs/RESULTS.md and README.md are those that the runs in docs/results give. With
 * {@code -Dklif.write=true} it writes them there instead: after a run was added, or the table's
 * file changed.
 */
class DocumentedResultsTest {
  private static final Path RESULTS = Path.of("docs", "results");
  private static final String END = "<!-- end of what the runs in docs/results give -->\n";

  /** What README shows of a table. */
  private static final Set<String> SHORT =
      Set.of(
          "data set",
          "neuron",
          "mean %",
          "sd",
          "seeds",
          "to LIF [95 %]",
          "protocol",
          "T",
          "preset",
          "epochs",
          "precision",
          "min/run",
          "published %");

  @TempDir Path empty;

  private ResultsTable table(String scale) {
    JobRunner nobody =
        (job, folder, progress) -> {
          throw new IllegalStateException("nothing is trained here");
        };
    ReproduceOptions options =
        new ReproduceOptions(
            scale,
            List.of(),
            List.of(Protocol.A, Protocol.B),
            List.of(),
            List.of(),
            Optional.empty(),
            OptionalInt.empty(),
            Optional.of(RESULTS),
            Optional.of(empty),
            "auto",
            1,
            Optional.empty());
    ReproduceListener nothing =
        new ReproduceListener() {
          @Override
          public void planned(List<String> lines) {}

          @Override
          public void note(String text) {}

          @Override
          public void started(String id) {}

          @Override
          public void finished(String id, double accuracy) {}
        };
    return new Reproduction(
            TableFile.standard(),
            options,
            empty.resolve("out"),
            nobody,
            Trust.SHIPPED,
            nothing,
            () -> false)
        .table();
  }

  private static String begin(String scale) {
    return "<!-- what the runs in docs/results give, scale " + scale + " -->\n";
  }

  /** A scale whose runs are not committed has no such section, and its table is not tested. */
  @Test
  void tablesAreThoseOfTheCommittedRuns() throws IOException {
    List<String> notCovered = new ArrayList<>();
    for (String scale : TableRow.SCALES) {
      ResultsTable table = table(scale);
      String whole =
          MarkdownTable.lines(table.lines(), Column.ALL) + MarkdownTable.chapters(table, "###");
      String brief =
          MarkdownTable.lines(
              table.lines(),
              Column.ALL.stream().filter(column -> SHORT.contains(column.title())).toList());
      boolean inResults = compare(Path.of("docs", "RESULTS.md"), scale, whole);
      boolean inReadme = compare(Path.of("README.md"), scale, brief);
      if (!inResults || !inReadme) {
        assertTrue(
            table.lines().isEmpty(),
            "docs/results has runs of scale "
                + scale
                + ", but docs/RESULTS.md or README.md has no section "
                + begin(scale).strip()
                + " for them");
        notCovered.add(scale);
      }
    }
    System.out.println("rows whose runs are not in docs/results, not recomputed: " + notCovered);
  }

  private static boolean compare(Path file, String scale, String expected) throws IOException {
    String text = Files.readString(file);
    int begin = text.indexOf(begin(scale));
    if (begin < 0) {
      return false;
    }
    int from = begin + begin(scale).length();
    int to = text.indexOf(END, from);
    assertTrue(to >= 0, file + ": the section of scale " + scale + " has no end");
    if (Boolean.getBoolean("klif.write")) {
      Files.writeString(file, text.substring(0, from) + expected + text.substring(to));
    } else {
      assertEquals(
          expected,
          text.substring(from, to),
          file
              + " is not what the runs give: mvn test -Dtest=DocumentedResultsTest -Dklif.write=true");
    }
    return true;
  }

  /** Each folder there is a run of the table, finished, without a path of the machine it ran on. */
  @Test
  void committedRunsAreRunsOfTheTable() throws IOException {
    if (!Files.isDirectory(RESULTS)) {
      return;
    }
    Set<String> known = new HashSet<>();
    for (String scale : TableRow.SCALES) {
      for (TableLine line : table(scale).lines()) {
        line.runs()
            .forEach(
                run ->
                    known.add(
                        new Experiment(
                                line.key().row(),
                                line.key().neuron(),
                                line.key().steps(),
                                line.key().protocol(),
                                run.seed(),
                                line.key().precision())
                            .id()));
      }
    }
    try (Stream<Path> folders = Files.list(RESULTS)) {
      for (Path folder : folders.filter(Files::isDirectory).toList()) {
        assertTrue(
            known.contains(folder.getFileName().toString()),
            folder + " is no run of the table, or has another configuration");
        String config = Files.readString(folder.resolve("config.yaml"));
        assertTrue(config.contains("dataFolder: \"\""), folder + ": dataFolder must be empty");
      }
    }
  }
}
