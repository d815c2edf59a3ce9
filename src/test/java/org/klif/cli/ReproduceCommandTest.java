package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReproduceCommandTest {
  @TempDir Path folder;

  /** An epoch of the digits in a process of its own, and what the command prints of it. */
  @Test
  void trainsATinyTable() throws IOException {
    Path table = folder.resolve("table.yaml");
    Files.writeString(
        table,
        """
        rows:
          - name: tiny
            scale: small
            data: digits
            preset: digits
            T: [2]
            seeds: [1]
            neurons: [klif]
            threads: 1
            settings: {epochs: "1"}
        """);
    String out = folder.resolve("out").toString();
    String[] command = {
      "reproduce", "--table", table.toString(), "--protocol", "b", "--out", out, "--json"
    };
    Cli first = Cli.run(command);
    assertEquals(0, first.code(), first.err());
    assertTrue(first.out().contains("finished tiny-klif-T2-b-s1: "), first.out());
    JsonNode json = first.json();
    assertEquals(1, json.get("lines").asInt());
    assertEquals(0, json.get("leftOut").size());
    Path csv = Path.of(json.get("table").asText());
    assertTrue(Files.readString(csv).lines().skip(1).allMatch(l -> l.startsWith("digits,klif,")));

    // its accuracy is that of klif eval on the chosen checkpoint
    Cli eval = Cli.run("eval", out + "/runs/tiny-klif-T2-b-s1", "--checkpoint", "best", "--json");
    String percent = String.format("%.2f", 100 * eval.json().get("testAccuracy").asDouble());
    assertTrue(Files.readString(csv).contains("digits,klif," + percent + ","), percent);

    Cli second = Cli.run(command);
    assertTrue(second.out().contains("1 of 1 runs are finished; 0 to do now"), second.out());
  }

  @Test
  void optionsAreExplained() {
    assertEquals(2, Cli.run("reproduce", "--protocol", "c").code());
    assertEquals(2, Cli.run("reproduce", "--budget", "soon").code());
    assertEquals(2, Cli.run("reproduce", "--scale", "large").code());
    Cli row = Cli.run("reproduce", "digit");
    assertEquals(2, row.code());
    assertTrue(row.err().contains("did you mean 'digits'"), row.err());
  }

  @Test
  void aDryRunOfTheFullRowsWritesNothing() {
    Path out = folder.resolve("out");
    Cli plan =
        Cli.run(
            "reproduce",
            "--scale",
            "full",
            "--device",
            "cpu",
            "--data",
            folder.toString(),
            "--out",
            out.toString(),
            "--dry-run");
    assertEquals(1, plan.code());
    assertTrue(plan.err().contains("row dvs128-gesture: dvs128-gesture is not in"), plan.err());
    assertTrue(Files.notExists(out));
  }
}
