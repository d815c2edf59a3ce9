package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.data.Dataset;
import org.klif.data.DatasetPair;
import org.klif.data.GeneratedSets;
import org.klif.data.archive.SampleFiles;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;
import org.klif.testing.Shared;
import org.klif.train.Classifier;
import org.klif.train.RunContext;

/** Commands on recordings of events, from their command line to their output. */
class EventCommandsTest {
  private static final String NMNIST = "data/nmnist/nmnist-subset.tar.xz";

  @TempDir Path folder;

  private static List<String> train(String preset, Path data, Path out, String... more) {
    List<String> words = new ArrayList<>(List.of("train", preset, "--data", data.toString()));
    words.addAll(List.of("--out", out.toString(), "--epochs", "1", "--batch", "50"));
    words.addAll(List.of("--threads", "2", "--device", "cpu"));
    for (String setting : more) {
      words.addAll(List.of("--set", setting));
    }
    return words;
  }

  private static Cli run(List<String> words) {
    return Cli.run(words.toArray(String[]::new));
  }

  /** The recordings of the real part of N-MNIST as files. */
  private Path unpacked() {
    Path place = folder.resolve("nmnist");
    try (SampleFiles files = SampleFiles.open(Shared.require().resolve(NMNIST))) {
      files.forEach(
          (entry, in) -> {
            Path file = place.resolve(entry.name());
            try {
              Files.createDirectories(file.getParent());
              Files.copy(in, file);
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
    }
    return place;
  }

  /**
   * Each of the 100 real test recordings, as a file: the rates that the run's own pipeline gives
   * that sample, whose classes are those of eval.
   */
  @Test
  void predictGivesRecordingsTheRatesOfTheSet() throws IOException {
    Path data = unpacked();
    Path trained = folder.resolve("run");
    Cli cli =
        run(
            train(
                "nmnist-small",
                data,
                trained,
                "network=c6k3 bn sn mp2 | fc10 bn sn",
                "T=3",
                "frames=duration(90000)",
                "events.filter=denoise(20000) downsample(2)"));
    assertEquals(0, cli.code(), cli.err());
    assertTrue(cli.out().contains("note: nmnist: the filter denoise(20000) downsample(2) leaves"));
    assertEquals(
        1, cli.out().lines().filter(l -> l.contains("frames by duration(3,90000)")).count());
    Cli eval = Cli.run("eval", trained.toString(), "--json");
    assertEquals(0, eval.code(), eval.err());
    Cli more = Cli.run("eval", trained.toString(), "--T", "5", "--json");
    assertEquals(0, more.code(), more.err());
    assertTrue(
        more.out().contains("trained with 3: a recording becomes 5 frames (duration(90000)), and"),
        more.out());
    int right = 0;
    RunFolder run = RunFolder.existing(trained);
    try (RunContext context = RunContext.open(run.readConfig(), run, Trust.SHIPPED)) {
      context.load(run.checkpoint("last"));
      try (DatasetPair pair = context.loadWhole(line -> {});
          Classifier classifier = new Classifier(context)) {
        Dataset test = pair.test();
        assertEquals(100, test.size());
        float[] sample = new float[test.shape().values()];
        for (int i = 0; i < test.size(); i++) {
          test.read(i, sample, 0);
          Classifier.Prediction expected = classifier.classify(sample);
          Path file = data.resolve("Test/%d/%05d.bin".formatted(test.label(i), i + 1));
          JsonNode entry = predict(trained, file);
          List<Float> rates = new ArrayList<>();
          entry.get("rates").forEach(rate -> rates.add(rate.floatValue()));
          assertEquals(expected.rates(), rates, file.toString());
          right += entry.get("class").asInt() == test.label(i) ? 1 : 0;
          if (i % 25 == 0) {
            ObjectNode streamed = (ObjectNode) predict(trained, file, "--stream");
            assertEquals(3, streamed.remove("steps").size());
            assertEquals(entry, streamed);
            assertEquals(5, predict(trained, file, "--stream", "--T", "5").get("steps").size());
          }
        }
      }
    }
    assertEquals(eval.json().get("testAccuracy").asDouble(), right / 100.0, 1e-9);
    Path image = Files.write(folder.resolve("x.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G', 13});
    assertFails(1, "not an N-MNIST recording", "predict", trained.toString(), image.toString());
    assertFails(
        1, "there is no file", "predict", trained.toString(), folder.resolve("no").toString());
    assertFails(
        2,
        "--invert, --white and --label are for images",
        "predict",
        trained.toString(),
        image.toString(),
        "--invert");
  }

  private static JsonNode predict(Path run, Path file, String... more) {
    List<String> words = new ArrayList<>(List.of("predict", run.toString(), file.toString()));
    words.addAll(Arrays.asList(more));
    words.add("--json");
    Cli cli = run(words);
    assertEquals(0, cli.code(), cli.err());
    assertEquals(1, cli.json().get("predictions").size());
    return cli.json().get("predictions").get(0);
  }

  /** What frames by duration leave out, of the real recordings. */
  @Test
  void statisticsSayWhatFramesLeaveOut() {
    Path data = Shared.require().resolve("data/nmnist");
    Cli cli =
        Cli.run(
            "data", "stats", "nmnist", "--data", data.toString(), "--frames", "duration(4,5000)");
    assertEquals(0, cli.code(), cli.err());
    assertTrue(
        cli.out().contains("note: nmnist train: frames by duration(4,5000) leave out 97.6"),
        cli.out());
    cli = Cli.run("data", "stats", "nmnist", "--data", data.toString(), "--json");
    JsonNode train = cli.json().get("parts").get(0);
    assertEquals(4_133_231, train.get("framedEvents").asLong());
    assertEquals(4_133_231, train.get("keptEvents").asLong());
    assertFails(
        2,
        "--frames and --filter are for recordings",
        "data",
        "stats",
        "digits",
        "--frames",
        "time(3)");
  }

  @Test
  void statisticsOfAFileWhoseTimeGoesBack() {
    Path file = Shared.require().resolve("cases/events-backwards/rev2.aedat");
    Cli cli = Cli.run("data", "stats", file.toString(), "--json");
    assertEquals(1, cli.json().get("eventsBack").asInt());
    assertEquals(100, cli.json().get("firstBack").asInt());
    assertTrue(
        cli.out()
            .contains(
                "1 of them go back in time, first event 100 (at 500 behind 99000 microseconds)"),
        cli.out());
  }

  @Test
  void aRecordingWithoutEventsIsNoTrainingSample() throws IOException {
    Map<String, byte[]> files = GeneratedSets.cifar10Dvs();
    files.put(
        "airplane/cifar10_airplane_0.aedat",
        Files.readAllBytes(
            Shared.require().resolve("cases/empty-recording/cifar10_airplane_0.aedat")));
    Path data = GeneratedSets.unpacked(files, folder.resolve("data"));
    String says = "cifar10_airplane_0.aedat: the recording holds no event; get the file again";
    List<String> words =
        train(
            "cifar10-dvs",
            data,
            folder.resolve("run"),
            "T=2",
            "network=c2k3 bn sn mp8 | fc10 bn sn");
    assertFails(1, says, words.toArray(String[]::new));
    Cli check = Cli.run("data", "check", "cifar10-dvs", "--data", data.toString());
    assertEquals(1, check.code());
    assertTrue(check.out().contains(says), check.out());
    assertFails(1, says, "data", "stats", "cifar10-dvs", "--data", data.toString());
    assertFails(
        1,
        says,
        "data",
        "show",
        "cifar10-dvs",
        "--data",
        data.toString(),
        "--out",
        folder.resolve("x.png").toString());
  }

  private static void assertFails(int code, String says, String... words) {
    Cli cli = Cli.run(words);
    assertEquals(code, cli.code(), cli.out() + cli.err());
    assertTrue(cli.err().contains(says), cli.err());
    assertEquals(1, cli.err().lines().count(), cli.err());
  }
}
