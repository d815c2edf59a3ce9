package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.testing.HostCompiler;

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

  private Cli importNir(Path file, String... more) {
    List<String> words = new ArrayList<>(List.of("import", "nir", file.toString()));
    words.addAll(List.of(more));
    return Cli.run(words.toArray(String[]::new));
  }

  @Test
  void nirThereAndBack() {
    Path run = train("lif");
    Path file = folder.resolve("run.nir");
    Cli export = Cli.run("export", "nir", run.toString(), "--out", file.toString(), "--json");
    assertEquals(0, export.code(), export.err());
    Path back = folder.resolve("back");
    Cli imported = importNir(file, "--out", back.toString(), "--json");
    assertEquals(0, imported.code(), imported.err());
    assertEquals("c4k3b lif mp2 flat fc20 lif vote2", imported.json().get("network").asText());
    assertEquals(accuracy(run), accuracy(back));
    Cli again = importNir(file, "--out", back.toString());
    assertEquals(1, again.code());
    assertTrue(again.err().startsWith("klif: " + back + " holds a run"), again.err());
  }

  /** What a graph says of how to train is taken, each key that changes a step. */
  @Test
  void theRecipeComesBack() throws IOException {
    Path run = folder.resolve("recipe");
    List<String> recipe =
        List.of(
            "loss=tet",
            "labelSmoothing=0.1",
            "tetLambda=0.001",
            "mixup=0.2",
            "cutmix=1",
            "firingRate.strength=0.1",
            "firingRate.target=0.2",
            "schedule=constant");
    List<String> words = new ArrayList<>(List.of("train", "digits", "--neuron", "lif"));
    words.addAll(List.of("--epochs", "1", "--T", "2", "--out", run.toString()));
    words.addAll(List.of("--set", "network=c4k3 sn mp4 fc10"));
    recipe.forEach(setting -> words.addAll(List.of("--set", setting)));
    Cli trained = Cli.run(words.toArray(String[]::new));
    assertEquals(0, trained.code(), trained.err());
    Path file = folder.resolve("recipe.nir");
    Cli export = Cli.run("export", "nir", run.toString(), "--out", file.toString());
    assertEquals(0, export.code(), export.err());
    Path back = folder.resolve("recipe-back");
    Cli imported = importNir(file, "--out", back.toString());
    assertEquals(0, imported.code(), imported.err());
    List<String> before = Files.readAllLines(run.resolve("config.yaml"));
    List<String> after = Files.readAllLines(back.resolve("config.yaml"));
    for (String setting : recipe) {
      String key = setting.replaceFirst("=.*", ":").replaceFirst(".*\\.", "");
      List<String> said = before.stream().filter(line -> line.strip().startsWith(key)).toList();
      assertFalse(said.isEmpty(), key);
      assertEquals(said, after.stream().filter(line -> line.strip().startsWith(key)).toList());
    }
  }

  @Test
  void whatNirCannotSayIsRefused() {
    Cli klif = Cli.run("export", "nir", train("klif").toString());
    assertEquals(1, klif.code());
    assertEquals(1, klif.err().lines().count(), klif.err());
    assertTrue(klif.err().contains("its ReLU sets a potential below 0 to 0"), klif.err());
    assertTrue(klif.err().contains("neuron.relu=false"), klif.err());
    HostCompiler.require();
    Path own = train("alif");
    Cli alif = Cli.run("export", "nir", own.toString());
    assertEquals(1, alif.code());
    assertTrue(alif.err().contains("it is a neuron of a file (alif)"), alif.err());
    Cli jelly = Cli.run("export", "spikingjelly", own.toString(), "--out", folder.toString());
    assertEquals(2, jelly.code());
    assertTrue(jelly.err().contains("is a folder; name a file"), jelly.err());
    assertFalse(Files.exists(folder.resolve("run-alif.nir")));
  }

  @Test
  void nirFilesThatAreNone() throws IOException {
    Path bad = Files.writeString(folder.resolve("bad.nir"), "no such thing");
    Path out = folder.resolve("out");
    Cli cli = importNir(bad, "--preset", "digits", "--out", out.toString());
    assertEquals(1, cli.code());
    assertEquals(1, cli.err().lines().count(), cli.err());
    assertTrue(cli.err().contains(bad + " is not a sound HDF5 file"), cli.err());
    assertFalse(Files.exists(out));
    Cli none = importNir(folder.resolve("absent.nir"), "--preset", "digits");
    assertEquals(1, none.code());
    assertTrue(none.err().contains("there is no file"), none.err());
  }
}
