package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.NeuronFile;
import org.klif.testing.HostCompiler;

/**
 * Neurons' files of somebody else: a run that another user trained, with code that writes a file as
 * soon as it is loaded. What that user compiled is in the cache of kernels that both share.
 */
class StrangersNeuronTest {
  /** Another user, or one without a home folder. */
  private static final String CONFIG_HOME = "XDG_CONFIG_HOME";

  private static final Map<String, String> NO_HOME =
      Map.of(CONFIG_HOME, "", "JDK_JAVA_OPTIONS", "-Duser.home=/proc/nobody");

  private static final List<String> SMALL =
      List.of("network=fc10 sn", "T=2", "epochs=2", "batch=200", "threads=1");

  @TempDir Path folder;
  private Path marker;
  private Path run;

  @BeforeEach
  void begin() throws IOException {
    HostCompiler.require();
    marker = folder.resolve("harm done");
    run = folder.resolve("their run");
    Files.deleteIfExists(allowed());
  }

  /** What the user of this process has allowed. */
  private static Path allowed() {
    return Path.of(System.getenv(CONFIG_HOME), "klif", "allowed-neurons");
  }

  /** Runs when a library of it is loaded. */
  private String harm() {
    return """

        extern "C" int system(const char*);
        static int harm = system("touch '%s'");
        """
        .formatted(marker);
  }

  private String neuron() {
    return NeuronFile.shipped("alif").source().text().replace("struct Alif", "struct Mine")
        + harm();
  }

  private String surrogate() {
    return """
    struct Box {
      template <class Real> __device__ Real primitive(Real u, Real alpha) const {
        return clamp(0.5 + alpha * u, 0, 1);
      }
      template <class Real> __device__ Real derivative(Real u, Real alpha) const {
        return where(abs(u) < 0.5 / alpha, alpha, 0);
      }
    };
    """
        + harm();
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(
        Files.createDirectories(folder.resolve("theirs")).resolve(name + ".cuh"), text);
  }

  private static List<String> training(Path out, String... more) {
    List<String> words = new ArrayList<>(List.of("train", "digits", "--device", "cpu"));
    for (String setting : SMALL) {
      words.addAll(List.of("--set", setting));
    }
    words.addAll(List.of("--out", out.toString()));
    words.addAll(List.of(more));
    return words;
  }

  /** In a process of another user's, where the harm is done. */
  private void trainElsewhere(String... more) throws IOException, InterruptedException {
    KlifProcess trained =
        KlifProcess.run(
            Map.of(CONFIG_HOME, folder.resolve("their home").toString()),
            training(run, more).toArray(String[]::new));
    assertEquals(0, trained.code(), trained.output());
    assertTrue(Files.exists(marker), "the code does nothing, so it proves nothing");
    Files.delete(marker);
  }

  private static Cli cli(List<String> words, String... more) {
    List<String> all = new ArrayList<>(words);
    all.addAll(List.of(more));
    return Cli.run(all.toArray(String[]::new));
  }

  private void assertRefused(Path file, Cli cli) {
    assertFalse(Files.exists(marker), "it was run");
    assertEquals(1, cli.code(), cli.err());
    assertEquals(1, cli.err().lines().count(), cli.err());
    assertTrue(
        cli.err().startsWith("klif: " + file + " is code that would run on this machine"),
        cli.err());
    assertTrue(cli.err().contains("(less ") && cli.err().contains("--trust"), cli.err());
  }

  /** The command lines that would run it, by what they make. */
  private Map<String, List<String>> commands() throws IOException {
    String config = run.resolve("config.yaml").toString();
    Path sample = Files.writeString(folder.resolve("sample.csv"), "8,".repeat(63) + "8\n");
    Path sweep =
        Files.writeString(
            folder.resolve("sweep.yaml"),
            "name: theirs\nbase: {config: their run/config.yaml}\nseeds: [1]\n");
    Map<String, List<String>> commands = new LinkedHashMap<>();
    commands.put("eval", List.of("eval", run.toString()));
    commands.put("predict", List.of("predict", run.toString(), sample.toString()));
    commands.put("stream", List.of("predict", run.toString(), sample.toString(), "--stream"));
    commands.put("resume", List.of("train", "--resume", run.toString(), "--stop-after", "2"));
    commands.put("config", List.of("train", "--config", config, "--out", out("config")));
    commands.put("sweep", List.of("sweep", sweep.toString(), "--out", out("sweep")));
    commands.put("nir", List.of("export", "nir", run.toString(), "--out", out("run.nir")));
    commands.put(
        "state",
        List.of("export", "spikingjelly", run.toString(), "--out", out("run.safetensors")));
    commands.put(
        "import",
        List.of(
            "import",
            "spikingjelly",
            out("run.safetensors"),
            "--config",
            config,
            "--out",
            out("import")));
    return commands;
  }

  private String out(String name) {
    return folder.resolve("out").resolve(name).toString();
  }

  @Test
  void aRunFromElsewhereRunsNothingUntilItIsTrusted() throws Exception {
    trainElsewhere("--neuron", write("mine", neuron()).toString(), "--stop-after", "1");
    Path copy = run.resolve("neurons/mine.cuh");
    for (List<String> command : commands().values()) {
      assertRefused(copy, cli(command));
    }
    // another neuron on the command line is no permission for this one
    assertRefused(
        copy,
        cli(
            commands().get("config"),
            "--set",
            "neuron.surrogate=" + write("box", surrogate().replace(harm(), ""))));
    assertFalse(Files.exists(folder.resolve("out")), "something was made");
    assertFalse(Files.exists(allowed()));

    // nothing is compiled here
    assertEquals(0, Cli.run("report", run.toString()).code());
    assertEquals(0, Cli.run("kernel", "list", "--folder", copy.getParent().toString()).code());
    assertFalse(Files.exists(marker), "it was run");

    for (Map.Entry<String, List<String>> command : commands().entrySet()) {
      Cli trusted = cli(command.getValue(), "--trust");
      switch (command.getKey()) {
        // it is said of the network, which has been made
        case "nir" ->
            assertTrue(trusted.err().contains("a neuron of a file (mine)"), trusted.err());
        default -> assertEquals(0, trusted.code(), command + trusted.err());
      }
      assertTrue(Files.exists(marker), "not run");
      Files.delete(allowed());
    }
    assertRememberedByItsText(copy);
  }

  private void assertRememberedByItsText(Path copy) throws IOException {
    List<String> eval = List.of("eval", run.toString());
    Files.delete(marker);
    assertRefused(copy, cli(eval));
    assertEquals(0, cli(eval, "--trust").code());
    assertEquals(0, cli(eval).code());
    assertEquals(1, Files.readAllLines(allowed()).size());
    // a trusted one may load its library anew
    Files.deleteIfExists(marker);

    // its training wrote down which text it was, and that is looked at ahead of running another
    Files.writeString(copy, neuron().replace("static int harm", "static int more_harm"));
    for (List<String> command :
        List.of(eval, List.of("eval", run.toString(), "--trust"), commands().get("resume"))) {
      Cli changed = cli(command);
      assertEquals(1, changed.code());
      assertTrue(changed.err().startsWith("klif: " + copy + " has changed since"), changed.err());
    }
    assertFalse(Files.exists(marker), "it was run");
    // where it has not been trained, nothing but the text counts
    String config = run.resolve("config.yaml").toString();
    assertRefused(copy, Cli.run("train", "--config", config, "--out", out("another")));
  }

  /** Of this process: its libraries stay loaded, so the sentence alone tells. */
  private void trainHere(String... more) throws IOException {
    Cli trained = cli(training(run, more));
    assertEquals(0, trained.code(), trained.err());
    Files.deleteIfExists(marker);
    Files.deleteIfExists(allowed());
  }

  @Test
  void aSurrogateAndANetworksWordAreCode() throws Exception {
    trainHere("--neuron", "lif", "--set", "neuron.surrogate=" + write("box", surrogate()));
    assertRefused(run.resolve("neurons/box.cuh"), Cli.run("eval", run.toString()));

    run = folder.resolve("their second run");
    String word = write("mine", neuron()).toString();
    trainHere("--set", "network=fc20 " + word + " fc10 sn");
    assertRefused(run.resolve("neurons/mine.cuh"), Cli.run("eval", run.toString()));

    // a configuration may name a file anywhere
    Path config = folder.resolve("config.yaml");
    Files.writeString(config, "neuron: {surrogate: theirs/../theirs/box.cuh}\n");
    Path box = folder.resolve("theirs/box.cuh");
    assertRefused(box, Cli.run("train", "--config", config.toString(), "--out", out("elsewhere")));
  }

  /** A run has copies of the files that come with Klif, which are theirs as well. */
  @Test
  void aCopyOfKlifsOwnFileIsKlifsOnlyWithItsText() throws Exception {
    Cli trained = cli(training(run, "--neuron", "alif", "--epochs", "1"));
    assertEquals(0, trained.code(), trained.err());
    assertFalse(Files.exists(allowed()), "what comes with Klif needs no permission");
    assertEquals(0, Cli.run("eval", run.toString()).code());
    Path copy = run.resolve("neurons/alif.cuh");
    String text = Files.readString(copy);
    String changed = text + harm();
    Files.writeString(copy, changed);
    Path checkpoint = run.resolve("checkpoints/last.safetensors");
    String bytes = Files.readString(checkpoint, StandardCharsets.ISO_8859_1);
    String forged = bytes.replace(hash(text), hash(changed));
    assertFalse(forged.equals(bytes));
    Files.writeString(checkpoint, forged, StandardCharsets.ISO_8859_1);
    assertRefused(copy, Cli.run("eval", run.toString()));
  }

  private static String hash(String text) {
    return new NeuronSource("alif", "alif.cuh", text).sha256();
  }

  /** The metadata of a graph is a configuration, of which files, folders and devices are left. */
  @Test
  void aGraphNamesNoFiles() throws Exception {
    Cli trained = cli(training(run, "--neuron", "lif", "--epochs", "1", "--set", "dropout=0.3"));
    assertEquals(0, trained.code(), trained.err());
    Path graph = folder.resolve("their.nir");
    assertEquals(0, Cli.run("export", "nir", run.toString(), "--out", graph.toString()).code());
    Path box = write("box", surrogate());
    String config = Files.readString(run.resolve("config.yaml"));
    String hostile =
        config
            .substring(config.indexOf('\n') + 1)
            .replace("surrogate: \"atan\"", "surrogate: \"%s\"".formatted(box))
            .replace("device: \"cpu\"", "device: \"sim\"")
            .replace("dataFolder: \"\"", "dataFolder: \"/no\"");
    String file = Files.readString(graph, StandardCharsets.ISO_8859_1);
    assertTrue(file.contains(config), "the graph has its configuration");
    assertTrue(hostile.length() < config.length() && hostile.contains("box.cuh"));
    hostile += "\n".repeat(config.length() - hostile.length());
    Files.writeString(graph, file.replace(config, hostile), StandardCharsets.ISO_8859_1);

    Path made = folder.resolve("made");
    Cli imported = Cli.run("import", "nir", graph.toString(), "--out", made.toString());
    assertEquals(0, imported.code(), imported.err());
    assertTrue(
        imported
            .out()
            .contains(
                "note: %s names %s as neuron.surrogate; a graph's files are never taken\n"
                    .formatted(graph, box)),
        imported.out());
    String taken = Files.readString(made.resolve("config.yaml"));
    assertTrue(taken.contains("surrogate: \"atan\""), taken);
    assertTrue(taken.contains("device: \"auto\""), taken);
    assertTrue(taken.contains("dataFolder: \"\""), taken);
    assertTrue(taken.contains("dropout: 0.3"), taken);
    assertFalse(Files.exists(made.resolve("neurons")));
    assertEquals(0, Cli.run("eval", made.toString()).code());
    assertFalse(Files.exists(marker), "it was run");
  }

  /** What somebody names is allowed for good, where there is a home folder to remember it in. */
  @Test
  void withoutAHomeFolderNamesAndTrustStillWork() throws Exception {
    String file = write("mine", neuron()).toString();
    String[] words = training(run, "--neuron", file, "--epochs", "1").toArray(String[]::new);
    KlifProcess trained = KlifProcess.run(NO_HOME, words);
    assertEquals(0, trained.code(), trained.output());
    assertTrue(
        trained
            .output()
            .contains(
                "klif: warning: that %s may run is not remembered: there is no home folder"
                    .formatted(file)),
        trained.output());
    Files.delete(marker);
    KlifProcess refused = KlifProcess.run(NO_HOME, "eval", run.toString());
    assertEquals(1, refused.code(), refused.output());
    assertTrue(refused.message().contains("mine.cuh is code that would run"), refused.message());
    assertFalse(Files.exists(marker), "it was run");
    KlifProcess trusted = KlifProcess.run(NO_HOME, "eval", run.toString(), "--trust");
    assertEquals(0, trusted.code(), trusted.output());

    // the processes of a sweep are told by the one that starts them
    Path sweep =
        Files.writeString(
            folder.resolve("sweep.yaml"),
            "name: two\nbase: {preset: digits, settings: {network: fc10 sn, epochs: 1}}\nseeds: [1]\n");
    String[] named = {
      "sweep", sweep.toString(), "--out", out("sweep"), "--set", "neuron.model=" + file
    };
    KlifProcess swept = KlifProcess.run(NO_HOME, named);
    assertEquals(0, swept.code(), swept.output());
  }
}
