package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.run.RunFolder;
import org.klif.testing.Shared;
import org.klif.train.Runs;

/** The commands train, eval, predict, report and data from their command line to their output. */
class TrainCommandTest {
  @TempDir static Path folder;
  private static Path trained;
  private static Cli training;

  @BeforeAll
  static void train() {
    trained = folder.resolve("trained");
    training = Cli.run(small("--out", trained.toString(), "--json"));
    assertEquals(0, training.code(), training.err());
  }

  private static String[] small(String... more) {
    List<String> words = new ArrayList<>(List.of("train", "digits"));
    for (String setting : Runs.SMALL) {
      words.addAll(List.of("--set", setting));
    }
    words.addAll(Arrays.asList(more));
    return words.toArray(String[]::new);
  }

  @Test
  void trainPrintsItsResultAndFillsTheFolder() throws IOException {
    JsonNode json = training.json();
    for (String key :
        List.of(
            "testAccuracy",
            "bestTestAccuracy",
            "trainLoss",
            "secondsPerEpoch",
            "imagesPerSecond",
            "peakResidentBytes")) {
      assertTrue(json.get(key).isNumber(), key + " in " + json);
    }
    assertEquals(2, json.get("epochs").asInt());
    double accuracy = json.get("testAccuracy").asDouble();
    assertTrue(accuracy > 0.3 && accuracy <= 1, json.toString());
    assertTrue(json.get("bestTestAccuracy").asDouble() >= accuracy);
    assertEquals("", training.err());
    assertTrue(training.out().contains("epoch 2/2  loss "), training.out());
    for (String file :
        List.of(
            "config.yaml",
            "metrics.csv",
            "log.txt",
            "trace.json",
            "report.html",
            "checkpoints/last.safetensors",
            "checkpoints/last.json",
            "checkpoints/best.safetensors")) {
      assertTrue(Files.size(trained.resolve(file)) > 0, file);
    }
    assertEquals(3, Files.readAllLines(trained.resolve("metrics.csv")).size());
    try (Stream<Path> files = Files.walk(trained)) {
      assertTrue(files.noneMatch(f -> f.toString().endsWith(".tmp")), "no temporary file stays");
    }
  }

  /** What docs/COMMANDS.md shows of macros; the checkpoint knows their texts, not their names. */
  @Test
  void theDocumentsMacrosTrain() throws IOException {
    Path home = Path.of(System.getProperty("klif.home", "."));
    String line =
        Files.readAllLines(home.resolve("docs/COMMANDS.md")).stream()
            .filter(text -> text.contains("--set macros."))
            .reduce((a, b) -> a + " " + b)
            .orElseThrow();
    List<String> words = new ArrayList<>(List.of("train", "digits"));
    Matcher setting = Pattern.compile("--set (\\S+=)\"([^\"]*)\"").matcher(line);
    while (setting.find()) {
      words.addAll(List.of("--set", setting.group(1) + setting.group(2)));
    }
    assertEquals(2 + 2 * 3, words.size(), line);
    Path run = folder.resolve("macros");
    words.addAll(List.of("--epochs", "1", "--set", "device=cpu", "--out", run.toString()));
    Cli macros = Cli.run(words.toArray(String[]::new));
    assertEquals(0, macros.code(), macros.err());
    Path config = run.resolve("config.yaml");
    String text = Files.readString(config);
    Files.writeString(config, text.replace("unit", "piece"));
    assertEquals(0, Cli.run("eval", run.toString()).code());
    Files.writeString(config, text.replace("bn sn", "bn lif"));
    Cli other = Cli.run("eval", run.toString());
    assertEquals(1, other.code(), other.out());
    assertTrue(other.err().contains("was trained with network"), other.err());
  }

  @Test
  void evalGivesTheAccuracyOfTheLastEpochAndOfTheBest() {
    Cli last = Cli.run("eval", trained.toString(), "--json");
    assertEquals(0, last.code(), last.err());
    for (String key : List.of("testAccuracy", "bestTestAccuracy", "trainLoss", "epochs")) {
      assertEquals(training.json().get(key), last.json().get(key), key);
    }
    for (String key : List.of("secondsPerEpoch", "imagesPerSecond", "peakResidentBytes")) {
      assertTrue(last.json().get(key).isNumber(), key);
    }
    Cli best = Cli.run("eval", trained.toString(), "--json", "--checkpoint", "best");
    assertEquals(
        training.json().get("bestTestAccuracy"), best.json().get("testAccuracy"), best.err());
    assertEquals(2, Cli.run("eval", trained.toString(), "--checkpoint", "old").code());
  }

  @Test
  void evalTakesAnotherNumberOfStepsAndSaysWhatChanges() throws IOException {
    Cli own = Cli.run("eval", trained.toString(), "--json");
    Cli same = Cli.run("eval", trained.toString(), "--T", "2", "--json");
    assertEquals(own.json().get("testLoss"), same.json().get("testLoss"), same.err());
    assertFalse(same.out().contains("note: T"), same.out());
    Cli more = Cli.run("eval", trained.toString(), "--T", "5", "--json");
    assertEquals(0, more.code(), more.err());
    assertTrue(
        more.out()
            .contains(
                "note: T is 5, and the network was trained with 2: an image is shown for 5 steps,"
                    + " and its output is the mean over them"),
        more.out());
    assertEquals(5, more.json().get("T").asInt());
    assertNotEquals(own.json().get("testLoss"), more.json().get("testLoss"));
    assertFailure(2, "--T 0: T must be at least 1, not 0", "eval", trained.toString(), "--T", "0");

    // the steps that both have are the same
    Path image = folder.resolve("image.csv");
    Files.writeString(image, String.join(",", Collections.nCopies(16, "0,8,16,4")) + "\n");
    JsonNode two = stream(image, "2");
    JsonNode five = stream(image, "5");
    assertEquals(2, two.size());
    assertEquals(5, five.size());
    for (int t = 0; t < 2; t++) {
      for (int c = 0; c < 10; c++) {
        assertEquals(
            two.get(t).get("rates").get(c).asDouble(),
            five.get(t).get("rates").get(c).asDouble(),
            1e-5);
      }
    }
  }

  private static JsonNode stream(Path image, String steps) {
    Cli cli =
        Cli.run(
            "predict", trained.toString(), image.toString(), "--stream", "--T", steps, "--json");
    assertEquals(0, cli.code(), cli.err());
    return cli.json().get("predictions").get(0).get("steps");
  }

  /** What says the T of the training is config.yaml: edited, it is another network's. */
  @Test
  void anEditedNumberOfStepsIsRefused() throws IOException {
    Path run = folder.resolve("edited");
    Files.createDirectories(run.resolve("checkpoints"));
    Files.copy(
        trained.resolve("checkpoints/last.safetensors"),
        run.resolve("checkpoints/last.safetensors"));
    String yaml = Files.readString(trained.resolve("config.yaml"));
    assertTrue(yaml.contains("T: 2"), yaml);
    Files.writeString(run.resolve("config.yaml"), yaml.replace("T: 2", "T: 4"));
    String expected = "was trained with T 2, but config.yaml says 4; put that back";
    assertFailure(1, expected, "eval", run.toString());
    assertFailure(1, expected, "eval", run.toString(), "--T", "2");
  }

  @Test
  void configFileRepeatsARunAndOptionsOverrideIt() throws IOException {
    Path out = folder.resolve("repeated");
    Cli cli =
        Cli.run(
            "train",
            "--config",
            trained.resolve("config.yaml").toString(),
            "--out",
            out.toString(),
            "--neuron",
            "lif",
            "--T",
            "3",
            "--epochs",
            "1",
            "--batch",
            "300",
            "--seed",
            "7",
            "--threads",
            "1",
            "--device",
            "cpu");
    assertEquals(0, cli.code(), cli.err());
    String yaml = Files.readString(out.resolve("config.yaml"));
    for (String line :
        List.of("  model: \"lif\"", "T: 3", "epochs: 1", "batch: 300", "seed: 7", "threads: 1")) {
      assertTrue(yaml.lines().anyMatch(line::equals), line + " in " + yaml);
    }
  }

  @Test
  void interruptedRunSaysHowToGoOn() {
    Path out = folder.resolve("interrupted");
    Interruption interruption = Interruption.manual();
    interruption.request();
    Cli cli = Cli.run(interruption, small("--out", out.toString(), "--json"));
    assertEquals(130, cli.code());
    assertTrue(
        cli.out().contains("interrupted; go on with: klif train --resume " + out), cli.out());
    assertTrue(cli.json().get("interrupted").asBoolean());
    assertTrue(cli.json().get("testAccuracy").isNull());
    Cli resumed = Cli.run("train", "--resume", out.toString(), "--json");
    assertEquals(0, resumed.code(), resumed.err());
    assertEquals(training.json().get("testAccuracy"), resumed.json().get("testAccuracy"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "train; train what? Name a preset (digits",
        "train digit; unknown preset 'digit' (did you mean 'digits'",
        "train digits --neuron klf; neuron.model: unknown neuron 'klf' (did you mean 'klif'",
        "train digits --encoder rate; --encoder rate: encoder 'rate' is unknown; known are direct",
        "train nmnist --encoder poisson; --encoder poisson: encoder must be direct for nmnist",
        "train --resume x --encoder direct; --resume takes everything from the folder's"
            + " config.yaml",
        "train digits --epoch 3; unknown option '--epoch' (did you mean '--epochs'",
        "train digits --epochs three; 'three' is not an int",
        "train digits --epochs 0; --epochs 0: epochs must be at least 1",
        "train digits --T -1; T must be at least 1",
        "train digits --set; --set",
        "train digits --set nuron.tau=3; there is no setting 'nuron.tau' (did you mean",
        "train digits --set network=c32k3|foo; foo",
        "train digits --set neuron.alpha=-1 --set neuron.surrogate=atan; klif: --set"
            + " neuron.alpha=-1: neuron.alpha: the surrogate's alpha must be a number above 0",
        "train digits more; unexpected argument 'more'",
        "train digits --resume x; exclude each other",
        "train --resume x --epochs 3; --resume takes everything from",
        "train --resume x --precision bf16; --resume takes everything from",
        "train digits --precision half; precision 'half' is unknown; known are float32, tf32",
        "train digits --device cpu --precision tf32; the CPU computes in float32 or bf16, not in tf32",
        "train digits --device cpu --fast; the CPU has no choice of algorithms",
        "train digits --device cpu --gpu-memory 6G; the CPU has no GPU memory to limit",
        "train digits --device cpu --set keepCharged=true; the CPU always computes F again",
        "train digits --gpu-memory much; gpuMemory: 'much' is no size of memory",
        "verify --vectors x --gpu-memory 6X; '6X' is no size of memory",
        "verify --vectors x --precision fp16; tolerances for float32 and bf16, not for --precision fp16",
        "gradcheck --precision tf32; tolerances for float32 and bf16, not for --precision tf32",
        "kernel check lif --precision bf16; klif kernel needs float32 activations",
        "bench train --preset digits --device cpu --fast; no choice of algorithms",
        "eval; missing required parameter",
        "data; klif data does what?",
        "data got mnist; unknown command 'got' (did you mean 'get'",
        "data path mnst; unknown data set"
      })
  void wrongCommandLinesHaveCode2(String line, String expected) {
    assertFailure(2, expected, line.strip().split(" "));
  }

  @Test
  void whatIsFoundWhileWorkingHasCode1() throws IOException {
    String absent = folder.resolve("absent").toString();
    assertFailure(1, "there is no run " + absent, "eval", absent);
    assertFailure(1, "there is no run " + absent, "train", "--resume", absent);
    assertFailure(1, "No run folder", "report", absent);
    assertFailure(1, "Cannot read " + absent, "train", "--config", absent);
    assertFailure(1, "is not a run", "eval", folder.toString());
    assertFailure(1, "device cuda:99: ", "train", "digits", "--device", "cuda:99");
    assertFailure(1, "no device 'tpu'", "train", "digits", "--device", "tpu");
    assertFailure(1, "holds a run; resume it", small("--out", trained.toString()));
    assertFailure(1, "missing from " + absent, "train", "mnist-small", "--data", absent);
    Path file = Files.writeString(folder.resolve("file"), "");
    assertFailure(1, "Cannot create the run folder", small("--out", file.resolve("x").toString()));
    assertFailure(1, file + " is a file", small("--out", file.toString()));
    Path proc = Path.of("/proc/klif-run");
    assertFailure(1, "Cannot create the run folder", small("--out", proc.toString()));
    Path bad = folder.resolve("bad.yaml");
    Files.writeString(bad, "T: 4\nepocs: 3\n");
    assertFailure(1, "bad.yaml, line 2: there is no setting", "train", "--config", bad.toString());
    Files.writeString(bad, "T: 0\n");
    assertFailure(1, "bad.yaml, line 1: T must be", "train", "--config", bad.toString());
  }

  private static Cli assertFailure(int code, String expected, String... args) {
    Cli cli = Cli.run(args);
    assertEquals(code, cli.code(), cli.err());
    assertTrue(cli.err().startsWith("klif: "), cli.err());
    assertTrue(cli.err().contains(expected.strip()), cli.err());
    assertEquals(1, cli.err().lines().count(), cli.err());
    assertFalse(cli.err().contains("Exception"), cli.err());
    return cli;
  }

  @Test
  void verboseShowsWhere() {
    Cli cli = Cli.run("eval", folder.resolve("absent").toString(), "--verbose");
    assertTrue(cli.err().contains("at org.klif.run.RunFolder.existing"), cli.err());
  }

  @Test
  void aStreamEndsWithThePredictionToTheBit() throws IOException {
    Path csv = folder.resolve("stream.csv");
    Files.writeString(csv, "0,8,16,2,".repeat(16) + "\n" + "16,".repeat(64) + "\n");
    String run = trained.toString();
    Cli plain = Cli.run("predict", run, csv.toString(), "--json");
    Cli stream = Cli.run("predict", run, csv.toString(), "--stream", "--json");
    assertEquals(0, stream.code(), stream.err());
    int steps = RunFolder.existing(trained).readConfig().steps();
    for (int i = 0; i < 2; i++) {
      ObjectNode entry = (ObjectNode) stream.json().get("predictions").get(i);
      JsonNode each = entry.remove("steps");
      assertEquals(steps, each.size());
      assertEquals(plain.json().get("predictions").get(i), entry);
      assertEquals(entry, each.get(steps - 1));
      for (int t = 1; t <= steps; t++) {
        assertTrue(stream.out().contains("sample %d: step %d: class ".formatted(i, t)));
      }
    }
  }

  @Test
  void aFolderOfDataThatIsNoPath() throws IOException {
    Path config =
        Files.writeString(folder.resolve("nul.yaml"), "data: digits\ndataFolder: \"\\0\"\n");
    assertFailure(
        1,
        "dataFolder is not a path: Nul character not allowed",
        "train",
        "--config",
        config.toString());
    Files.writeString(config, "data: digits\nneuron: { model: \"\\0.cuh\" }\n");
    Cli cli = Cli.run("train", "--config", config.toString());
    assertTrue(cli.err().contains("not a path"), cli.err());
    assertFalse(cli.err().contains("internal error"), cli.err());
  }

  @Test
  void predictReadsImagesAndPixels() throws IOException {
    BufferedImage image = new BufferedImage(40, 60, BufferedImage.TYPE_INT_RGB);
    image.createGraphics().fillRect(16, 6, 8, 48);
    Path png = folder.resolve("one.png");
    ImageIO.write(image, "png", png.toFile());
    Cli cli = Cli.run("predict", trained.toString(), png.toString(), "--json");
    assertEquals(0, cli.code(), cli.err());
    JsonNode prediction = cli.json().get("predictions").get(0);
    assertEquals(10, prediction.get("rates").size());
    int chosen = prediction.get("class").asInt();
    assertEquals(Integer.toString(chosen), prediction.get("name").asText());
    for (JsonNode rate : prediction.get("rates")) {
      assertTrue(rate.asDouble() <= prediction.get("rates").get(chosen).asDouble());
    }

    Path csv = folder.resolve("two.csv");
    String black = "0,".repeat(63) + "0\n";
    Files.writeString(csv, black + "16,".repeat(64) + "\n");
    assertEquals(
        2,
        Cli.run("predict", trained.toString(), csv.toString(), "--json")
            .json()
            .get("predictions")
            .size());
    String run = trained.toString();
    Files.writeString(csv, black + "1,2\n");
    assertFailure(1, "two.csv, line 2: 2 values", "predict", run, csv.toString());
    Files.writeString(csv, black.replaceFirst("0", "a"));
    assertFailure(1, "two.csv, line 1: 'a' is not a number", "predict", run, csv.toString());
    Path text = Files.writeString(folder.resolve("text.png"), "no image");
    assertFailure(1, "text.png is not an image", "predict", run, text.toString());
    assertFailure(1, "there is no file", "predict", run, folder.resolve("none").toString());
    Path pgm = Files.writeString(folder.resolve("cut.pgm"), "P5\n8 8\n255\nabc");
    assertFailure(1, "cut.pgm is truncated", "predict", run, pgm.toString());
    Files.writeString(pgm, "P2 # comment\n2 2\n255\n0 255 255 0\n");
    assertEquals(0, Cli.run("predict", run, pgm.toString()).code());
  }

  @Test
  void reportIsWrittenAgain() throws IOException {
    Files.delete(trained.resolve("report.html"));
    Cli cli = Cli.run("report", trained.toString(), "--json");
    assertEquals(0, cli.code(), cli.err());
    assertEquals(trained.resolve("report.html").toString(), cli.json().get("report").asText());
    assertTrue(Files.size(trained.resolve("report.html")) > 10_000);
  }

  @Test
  void dataIsListedCheckedAndFound() {
    JsonNode sets = Cli.run("data", "list", "--json").json().get("datasets");
    assertEquals("digits", sets.get(0).get("name").asText());
    assertTrue(sets.get(0).get("present").asBoolean());
    Cli check = Cli.run("data", "check", "digits", "--json");
    assertEquals(0, check.code(), check.err());
    assertTrue(check.json().get("ok").asBoolean());
    String place = folder.resolve("sets").toString();
    Cli path = Cli.run("data", "path", "mnist", "--data", place);
    assertEquals(folder.resolve("sets/mnist") + "\n", path.out());
    assertEquals(1, Cli.run("data", "check", "mnist", "--data", place).code());
    assertEquals(0, Cli.run("data", "get", "digits").code());
  }

  @Test
  void mnistIsTrainedFromItsFolder() {
    Path mnist = Shared.require().resolve("data").resolve("mnist");
    Cli cli =
        Cli.run(
            "train",
            "mnist-small",
            "--data",
            mnist.toString(),
            "--set",
            "network=mp4 fc40 bn sn vote4",
            "--set",
            "optimizer.learningRate=0.01",
            "--epochs",
            "1",
            "--batch",
            "1000",
            "--out",
            folder.resolve("mnist").toString(),
            "--json");
    assertEquals(0, cli.code(), cli.err());
    assertTrue(cli.json().get("testAccuracy").asDouble() > 0.5, cli.out());
    Cli other =
        Cli.run("train", "mnist-small", "--set", "data=fashion-mnist", "--data", mnist.toString());
    assertEquals(1, other.code());
    assertTrue(other.err().contains("holds the files of mnist"), other.err());
  }
}
