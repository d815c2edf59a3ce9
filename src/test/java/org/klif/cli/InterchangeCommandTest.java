package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code klif export} and {@code klif import}: files, exit codes, messages. */
class InterchangeCommandTest {
  @TempDir Path folder;

  private Path train(String neuron) {
    Path run = folder.resolve("run-" + neuron);
    Cli cli =
        Cli.run(
            "train",
            "digits",
            "--epochs",
            "1",
            "--device",
            "cpu",
            "--threads",
            "1",
            "--neuron",
            neuron,
            "--set",
            "network=c4k3 bn sn mp2 | dp fc20 bn sn | vote2",
            "--out",
            run.toString());
    assertEquals(0, cli.code(), cli.err());
    return run;
  }

  private static double accuracy(Path run) {
    Cli cli = Cli.run("eval", run.toString(), "--json");
    assertEquals(0, cli.code(), cli.err());
    return cli.json().get("testAccuracy").asDouble();
  }

  @Test
  void spikingJellyThereAndBack() throws IOException {
    Path run = train("klif");
    Path file = folder.resolve("run.safetensors");
    Cli export =
        Cli.run("export", "spikingjelly", run.toString(), "--out", file.toString(), "--json");
    assertEquals(0, export.code(), export.err());
    assertTrue(export.out().contains("conv_fc.6      "), export.out());
    assertEquals("conv_fc.2.k", export.json().at("/modules/2/tensors/0").asText());
    Path back = folder.resolve("back");
    String config = run.resolve("config.yaml").toString();
    Cli imported =
        Cli.run(
            "import",
            "spikingjelly",
            file.toString(),
            "--config",
            config,
            "--out",
            back.toString(),
            "--json");
    assertEquals(0, imported.code(), imported.err());
    assertEquals(12, imported.json().get("tensors").size());
    assertEquals(accuracy(run), accuracy(back));
    assertArrayEquals(
        Files.readAllBytes(run.resolve("config.yaml")),
        Files.readAllBytes(back.resolve("config.yaml")));
    // and training can go on from there
    Cli resumed = Cli.run("train", "--resume", back.toString());
    assertEquals(0, resumed.code(), resumed.err());
  }

  @Test
  void nothingStaysOfAnImportThatFails() throws IOException {
    Path bad = Files.writeString(folder.resolve("bad.safetensors"), "no such thing");
    Path out = folder.resolve("out");
    Cli cli =
        Cli.run(
            "import",
            "spikingjelly",
            bad.toString(),
            "--preset",
            "digits",
            "--out",
            out.toString());
    assertEquals(1, cli.code());
    assertEquals(1, cli.err().lines().count(), cli.err());
    assertTrue(cli.err().contains("bad.safetensors is damaged"), cli.err());
    assertFalse(Files.exists(out));
    Cli none = Cli.run("import", "spikingjelly", bad.toString());
    assertEquals(2, none.code());
    assertTrue(none.err().contains("--preset P, --config FILE"), none.err());
  }
}
