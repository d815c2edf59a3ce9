package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.neuron.file.NeuronFile;
import org.klif.testing.HostCompiler;
import org.klif.train.Runs;

/** A neuron's file from its path on the command line through the life of its run. */
class OwnNeuronRunTest {
  private static final String SURROGATE =
      """
      struct Box {
        template <class Real>
        __device__ Real primitive(Real u, Real alpha) const {
          return clamp(0.5 + alpha * u, 0, 1);
        }
        template <class Real>
        __device__ Real derivative(Real u, Real alpha) const {
          return where(abs(u) < 0.5 / alpha, alpha, 0);
        }
      };
      """;

  @TempDir Path folder;
  private Path neuron;

  @BeforeEach
  void write() throws IOException {
    HostCompiler.require();
    // a blank in the path, as users have them
    Path sources = Files.createDirectories(folder.resolve("my neurons"));
    neuron = Files.writeString(sources.resolve("mine.cuh"), text());
    Files.writeString(sources.resolve("box.cuh"), SURROGATE);
  }

  /** ALIF under another name. */
  private static String text() {
    return NeuronFile.shipped("alif").source().text().replace("struct Alif", "struct Mine");
  }

  private Cli train(String out, String... more) {
    List<String> words = new ArrayList<>(List.of("train", "digits", "--json"));
    for (String setting : Runs.SMALL) {
      words.addAll(List.of("--set", setting));
    }
    words.addAll(List.of("--out", folder.resolve(out).toString()));
    words.addAll(List.of(more));
    return Cli.run(words.toArray(String[]::new));
  }

  private static void assertDone(Cli cli) {
    assertEquals(0, cli.code(), cli.err());
  }

  private static void assertRefused(int code, String message, Cli cli) {
    assertTrue(cli.err().startsWith("klif: " + message), cli.err());
    assertEquals(1, cli.err().lines().count(), cli.err());
    assertEquals(code, cli.code());
  }

  /** Train, stop, resume, eval, predict, report: from the copy alone. */
  @Test
  void aRunNeedsItsCopyOnly() throws IOException {
    Path run = folder.resolve("run");
    assertDone(
        train(
            "run",
            "--neuron",
            neuron.toString(),
            "--set",
            "neuron.values.tau=2.5",
            "--set",
            "neuron.surrogate=" + neuron.resolveSibling("box.cuh"),
            "--stop-after",
            "1"));
    assertDone(
        train(
            "whole",
            "--neuron",
            neuron.toString(),
            "--set",
            "neuron.values.tau=2.5",
            "--set",
            "neuron.surrogate=" + neuron.resolveSibling("box.cuh")));
    assertEquals(text(), Files.readString(run.resolve("neurons/mine.cuh")));
    String config = Files.readString(run.resolve("config.yaml"));
    assertTrue(config.contains("  model: \"neurons/mine.cuh\"\n"), config);
    assertTrue(config.contains("  surrogate: \"neurons/box.cuh\"\n"), config);
    assertTrue(config.contains("  values:\n    tau: 2.5\n"), config);
    String columns = Files.readAllLines(run.resolve("metrics.csv")).get(0);
    assertTrue(columns.contains(",beta."), columns);

    Files.delete(neuron);
    Files.delete(neuron.resolveSibling("box.cuh"));
    Path moved = Files.move(run, folder.resolve("moved run (1)"));
    assertDone(Cli.run("train", "--resume", moved.toString()));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("whole/checkpoints/last.safetensors")),
        Files.readAllBytes(moved.resolve("checkpoints/last.safetensors")));
    assertDone(Cli.run("eval", moved.toString()));
    assertDone(Cli.run("report", moved.toString()));
    Path sample = folder.resolve("sample.csv");
    Files.writeString(sample, "8,".repeat(63) + "8\n");
    Cli whole = Cli.run("predict", moved.toString(), sample.toString(), "--json");
    assertDone(whole);
    Cli stream = Cli.run("predict", moved.toString(), sample.toString(), "--stream", "--json");
    assertDone(stream);
    assertEquals(
        whole.json().get("predictions").get(0).get("class"),
        stream.json().get("predictions").get(0).get("class"));
    Cli again =
        Cli.run(
            "train",
            "--config",
            moved.resolve("config.yaml").toString(),
            "--json",
            "--out",
            folder.resolve("again").toString());
    assertDone(again);
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("whole/checkpoints/last.safetensors")),
        Files.readAllBytes(folder.resolve("again/checkpoints/last.safetensors")));
  }

  @Test
  void anotherTextIsRefused() throws IOException {
    Path run = folder.resolve("run");
    assertDone(train("run", "--neuron", neuron.toString(), "--epochs", "1"));
    Path copy = run.resolve("neurons/mine.cuh");
    Files.writeString(copy, text().replace("rho * a", "rho * rho * a"));
    for (List<String> words :
        List.of(List.of("eval", run.toString()), List.of("train", "--resume", run.toString()))) {
      assertRefused(
          1,
          copy
              + " has changed since "
              + run.resolve("checkpoints/last.safetensors")
              + " was trained with it: its SHA-256 is ",
          Cli.run(words.toArray(String[]::new)));
    }
    Files.delete(copy);
    assertRefused(1, copy + " is missing: it is the run's copy", Cli.run("eval", run.toString()));
    Files.writeString(copy, text());
    assertDone(Cli.run("eval", run.toString()));
  }

  /** Several neurons in one network; the chosen one by its name, another by its path. */
  @Test
  void tokensInNetworks() throws IOException {
    Path other = neuron.resolveSibling("other.cuh");
    Files.writeString(other, text().replace("struct Mine", "struct Other"));
    String word = other.toString().replace(" ", "%20");
    Path run = folder.resolve("run");
    Cli cli =
        train(
            "run",
            "--neuron",
            neuron.toString(),
            "--epochs",
            "1",
            "--set",
            "network=c4k3 bn mine mp4 | fc20 bn %s fc20 cubalif | fc10 sn".formatted(word));
    assertDone(cli);
    String config = Files.readString(run.resolve("config.yaml"));
    assertTrue(
        config.contains("c4k3 bn mine mp4 | fc20 bn neurons/other.cuh fc20 cubalif | fc10 sn"),
        config);
    try (Stream<Path> copies = Files.list(run.resolve("neurons"))) {
      assertEquals(
          List.of("cubalif.cuh", "mine.cuh", "other.cuh"),
          copies.map(copy -> copy.getFileName().toString()).sorted().toList());
    }
    assertDone(Cli.run("eval", run.toString()));
    assertRefused(
        2,
        "--set network=c4k3 bn mien: network, column 9: 'mien' is not a layer; did you mean 'mine'?",
        train("no", "--neuron", neuron.toString(), "--set", "network=c4k3 bn mien"));
    assertFalse(Files.exists(folder.resolve("no")));
  }

  @Test
  void builtInNeuronsTakeASurrogateOfOnesOwn() throws IOException {
    Path box = neuron.resolveSibling("box.cuh");
    for (String model : List.of("klif", "plif")) {
      String own = model + "-own";
      String curve = model + "-curve";
      assertDone(train(own, "--neuron", model, "--set", "neuron.surrogate=" + box));
      assertDone(
          train(
              curve,
              "--neuron",
              model,
              "--set",
              "neuron.surrogate=rectangle",
              "--set",
              "neuron.alpha=2"));
      // the same curve, its backward pass derived from the file: sums in another order
      double[] first = losses(own);
      double[] second = losses(curve);
      assertArrayEquals(first, second, 0.02, model);
      assertTrue(Files.exists(folder.resolve(own).resolve("neurons/box.cuh")));
      assertDone(Cli.run("eval", folder.resolve(own).toString()));
    }
  }

  private double[] losses(String run) throws IOException {
    return Files.readAllLines(folder.resolve(run).resolve("metrics.csv")).stream()
        .skip(1)
        .mapToDouble(line -> Double.parseDouble(line.split(",", -1)[1]))
        .toArray();
  }

  /** Replicas stay equal, and the parts of a batch give what the whole gives, to rounding. */
  @Test
  void shards() throws IOException {
    String[] own = {"--neuron", neuron.toString(), "--threads", "1"};
    assertDone(train("one", own));
    assertDone(train("two", concat(own, "--shards", "2")));
    assertDone(train("again", concat(own, "--shards", "2")));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("two/checkpoints/last.safetensors")),
        Files.readAllBytes(folder.resolve("again/checkpoints/last.safetensors")));
    // a spike that falls on the other side of its threshold changes a little of the loss
    assertArrayEquals(losses("one"), losses("two"), 0.02);
  }

  private static String[] concat(String[] words, String... more) {
    return Stream.concat(Stream.of(words), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void aSweepVariesAnOwnNeuron() throws IOException {
    Path sweep = folder.resolve("my neurons/sweep.yaml");
    Files.writeString(
        sweep,
        """
        name: leaks
        base:
          preset: digits
          settings:
            network: c4k3 bn sn mp4 | fc20 bn sn | vote2
            T: 2
            epochs: 1
            batch: 200
            threads: 1
            device: cpu
        grid: {neuron.model: [./mine.cuh], neuron.values.tau: [1.5, 3]}
        """);
    Path out = folder.resolve("sweep");
    // another text each time, which nobody has allowed yet
    Files.writeString(neuron, text() + "// " + folder + "\n");
    assertRefused(
        1,
        neuron + " is code that would run on this machine",
        Cli.run("sweep", sweep.toString(), "--out", out.toString()));
    assertFalse(Files.exists(out));
    assertDone(Cli.run("sweep", sweep.toString(), "--out", out.toString(), "--trust"));
    Cli again = Cli.run("sweep", sweep.toString(), "--out", out.toString(), "--json");
    assertDone(again);
    JsonNode runs = again.json();
    assertTrue(
        Files.exists(out.resolve("runs/model-mine_tau-1.5/neurons/mine.cuh")), runs.toString());
    assertTrue(
        Files.exists(out.resolve("runs/model-mine_tau-3/neurons/mine.cuh")), runs.toString());
  }

  /** Ahead of all output, and no folder stays. */
  @Test
  void aFileThatDoesNotCompileIsOneSentence() throws IOException {
    Path broken = neuron.resolveSibling("broken.cuh");
    Files.writeString(broken, text().replace("v += (x - v) / tau;", "v += (x - v) / tua;"));
    Cli cli = train("broken", "--neuron", broken.toString(), "--device", "cpu");
    assertRefused(1, broken + ":19: ", cli);
    assertEquals(1, cli.out().lines().count(), cli.out()); // the JSON object
    assertFalse(Files.exists(folder.resolve("broken")));
  }

  @Test
  void wrongValuesAndNamesAreOneSentence() throws IOException {
    String file = neuron.toString();
    assertRefused(
        2,
        "neuron.values.gamma: no neuron of the network declares it; neuron mine has tau, beta, rho",
        train("a", "--neuron", file, "--set", "neuron.values.gamma=1"));
    assertRefused(
        2,
        "neuron.softReset: no neuron of the network declares it",
        train("a", "--neuron", file, "--set", "neuron.softReset=true"));
    assertRefused(
        2,
        "neuron.values.k: the network has no neuron from a file",
        train("a", "--set", "neuron.values.k=1"));
    assertRefused(
        2,
        "tau of neuron mine must be a number from 1.0 to Infinity, not 0.5",
        train("a", "--neuron", file, "--set", "neuron.values.tau=0.5"));
    assertRefused(2, "there is no file nowhere.cuh", train("a", "--neuron", "nowhere.cuh"));
    assertRefused(
        2,
        "--neuron alfi: neuron.model: unknown neuron 'alfi' (did you mean 'alif'?)",
        train("a", "--neuron", "alfi"));
    Path same = Files.createDirectories(folder.resolve("elsewhere")).resolve("mine.cuh");
    Files.writeString(same, text().replace("0.5", "0.25"));
    Cli two = train("a", "--neuron", file, "--set", "network=fc9 sn fc10 " + same);
    assertEquals(2, two.code());
    assertEquals(1, two.err().lines().count(), two.err());
    assertTrue(two.err().contains(file) && two.err().contains(same.toString()), two.err());
    assertTrue(two.err().contains("are both called mine"), two.err());
    assertFalse(Files.exists(folder.resolve("a")));
  }
}
