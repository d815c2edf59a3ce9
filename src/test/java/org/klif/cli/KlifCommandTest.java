package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class KlifCommandTest {
  @Test
  void versionIsOneLine() {
    assertEquals(new Cli(0, "klif 0.2.0\n", ""), Cli.run("--version"));
  }

  @Test
  void wrongCommandLinesAreOneLineAndCode2() {
    assertUsage("klif: unknown command 'devics' (did you mean 'devices'?)", "devics");
    assertUsage("klif: unknown option '--jsn' (did you mean '--json'?)", "devices", "--jsn");
    assertUsage("klif: which command?");
  }

  private static void assertUsage(String expected, String... args) {
    Cli cli = Cli.run(args);
    assertEquals(2, cli.code(), cli.err());
    assertEquals("", cli.out());
    assertEquals(1, cli.err().lines().count(), cli.err());
    assertTrue(cli.err().startsWith(expected), cli.err());
  }

  @Test
  void helpIsNoError() {
    Cli cli = Cli.run("devices", "--help");
    assertEquals(0, cli.code());
    assertTrue(cli.out().contains("Usage: klif devices"), cli.out());
  }

  @Test
  void jsonIsTheLastLineAlsoOfAnError() {
    assertTrue(Cli.run("devices", "--json").json().get("devices").isArray());
    Cli wrong = Cli.run("devics", "--json");
    assertEquals(2, wrong.json().get("exitCode").asInt());
    assertTrue(wrong.json().get("error").asText().contains("devics"));
  }
}
