package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.testing.Shared;

/** {@code klif verify} and {@code klif gradcheck}: what they print, and their exit codes. */
class VerifyCommandTest {
  /** IF, one neuron: 0.5 is below the threshold, 0.5 + 0.75 above it. */
  private static final String CASE =
      """
      {"kind": "neuron", "model": "if", "x": {"shape": [2, 1], "data": [0.5, 0.75]},
       "expect": {"S": {"shape": [2, 1], "data": [0, %d]}}}
      """;

  @TempDir Path folder;

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private Cli verify(String... more) {
    String[] words = {"verify", "--vectors", folder.toString(), "--device", "cpu"};
    String[] all = new String[words.length + more.length];
    System.arraycopy(words, 0, all, 0, words.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return Cli.run(all);
  }

  @Test
  void oneLineACaseAndTheirNumber() throws IOException {
    write("a.json", CASE.formatted(1));
    write("b.json", CASE.formatted(1));
    Cli cli = verify("--threads", "1");
    assertEquals(0, cli.code(), cli.err());
    assertEquals(3, cli.out().lines().count(), cli.out());
    assertTrue(cli.out().startsWith("a "), cli.out());
    assertTrue(cli.out().endsWith("2 passed, 0 failed\n"), cli.out());
  }

  @Test
  void bfloat16IsTaken() throws IOException {
    write("a.json", CASE.formatted(1));
    Cli cli = verify("--precision", "bf16", "--random", "2", "--threads", "1");
    assertEquals(0, cli.code(), cli.err());
    assertTrue(cli.out().endsWith("3 passed, 0 failed\n"), cli.out());
    Cli gradients =
        Cli.run("gradcheck", "--neuron", "lif", "--device", "cpu", "--precision", "bf16");
    assertEquals(0, gradients.code(), gradients.out());
    assertTrue(gradients.out().contains("lif atan, soft reset"), gradients.out());
    assertTrue(gradients.out().endsWith(" ok, 0 wrong\n"), gradients.out());
  }

  @Test
  void randomLayersAreComparedWithTheCpu() throws IOException {
    Cli cli = Cli.run("verify", "--random", "3", "--device", "cpu", "--json");
    assertEquals(0, cli.code(), cli.err());
    assertTrue(cli.out().contains("3 passed, 0 failed\n"), cli.out());
    assertEquals(3, cli.json().get("cases").size());
    // the same seed, the same layers
    Cli again = Cli.run("verify", "--random", "3", "--device", "cpu", "--json");
    assertEquals(cli.json().get("cases"), again.json().get("cases"));
  }

  @Test
  void nothingToVerifyIsAWrongCall() {
    Cli cli = Cli.run("verify", "--device", "cpu");
    assertEquals(2, cli.code());
    assertTrue(cli.err().contains("--vectors DIR, --random N"), cli.err());
    assertEquals(2, Cli.run("verify", "--random", "-1", "--device", "cpu").code());
  }

  @Test
  void aWrongCaseAndAMalformedOneFail() throws IOException {
    write("a.json", CASE.formatted(0));
    write("b.json", CASE.formatted(1));
    write("c.json", "{\"kind\": ");
    Cli cli = verify("--json");
    assertEquals(1, cli.code());
    assertTrue(cli.out().contains("1 passed, 2 failed"), cli.out());
    assertTrue(cli.out().lines().findFirst().orElse("").contains("FAIL"), cli.out());
    JsonNode json = cli.json();
    assertEquals(1, json.get("passed").intValue());
    assertEquals(2, json.get("failed").intValue());
    assertEquals(3, json.get("cases").size());
    assertEquals("c", json.at("/cases/2/name").textValue());
    assertTrue(json.at("/cases/2/problem").textValue().startsWith("not JSON"));
  }

  @Test
  void theSharedVectorsPass() {
    Path golden = Shared.require().resolve("golden");
    Cli cli = Cli.run("verify", "--vectors", golden.toString(), "--device", "cpu");
    assertEquals(0, cli.code(), cli.out());
  }

  @Test
  void errorsAreOneLineWithTheirCode() {
    Cli nowhere = Cli.run("verify", "--vectors", folder.resolve("none").toString());
    assertEquals(1, nowhere.code());
    assertTrue(nowhere.err().contains("is no folder"), nowhere.err());
    assertEquals(1, verify().code()); // no case in it
    assertEquals(2, Cli.run("verify").code());
    assertEquals(2, verify("--threads", "-1").code());
    assertEquals(2, Cli.run("gradcheck", "--neuron", "klfi").code());
    assertTrue(Cli.run("gradcheck", "--neuron", "klfi").err().contains("did you mean 'klif'"));
    assertEquals(1, Cli.run("gradcheck", "--device", "cuda:99").code());
  }

  @Test
  void gradcheckPrintsATable() {
    Cli cli = Cli.run("gradcheck", "--neuron", "IF", "--device", "cpu", "--json");
    assertEquals(0, cli.code(), cli.out());
    JsonNode json = cli.json();
    assertEquals(0, json.get("wrong").intValue());
    assertEquals(json.get("rows").size(), json.get("ok").intValue());
    assertTrue(cli.out().startsWith("layer"), cli.out());
    assertTrue(cli.out().contains("if atan, soft reset"), cli.out());
  }
}
