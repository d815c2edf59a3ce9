package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.data.cache.CacheProgress;
import org.klif.data.events.Events;
import org.klif.data.frames.EventAugmentation;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.Frames;
import org.klif.data.frames.RecordedSamples;
import org.klif.data.frames.Sensor;
import org.klif.data.random.SampleRandom;

/** RecordedSamples that training reads again in each epoch. */
class RecordingsTest {
  private static final String CHANGES = "flip rotate(20) cutmix(0.5) jitter(500) drop(0.2)";
  private static final EventFilter FILTER = EventFilter.parse("denoise(2000) downsample(2)");
  private static final FrameRule RULE = FrameRule.parse("time(3)");

  @TempDir Path folder;

  private DatasetPair load(String name, FrameRule rule, boolean recordings) {
    Path place = folder.resolve(name);
    if (!Files.exists(place)) {
      GeneratedSets.unpacked(
          switch (name) {
            case "nmnist" -> GeneratedSets.nmnist();
            case "cifar10-dvs" -> GeneratedSets.cifar10Dvs();
            default -> GeneratedSets.gesture();
          },
          place);
    }
    return store(place).load(name, rule, FILTER, recordings, CacheProgress.none());
  }

  private DataStore store(Path place) {
    return new DataStore(
        Catalogue.load(), Optional.of(place), folder.resolve("parent"), new Downloader());
  }

  @Test
  void framesOfTheRecordingsAreTheSamples() {
    for (String name : List.of("nmnist", "cifar10-dvs", "dvs128-gesture")) {
      // the frames of the second one are made of the set's files, not of the cache of events
      try (DatasetPair pair = load(name, RULE, true);
          DatasetPair plain = load(name, FrameRule.parse("time(2)"), false)) {
        assertTrue(plain.train().recordings().isEmpty());
        for (Dataset part : List.of(pair.train(), pair.test())) {
          requireSame(part, RULE);
        }
        Dataset train = plain.train();
        assertEquals(train.size(), pair.train().recordings().orElseThrow().size());
      }
      for (String other : List.of("time(2)", "time(2) resize(9,12)")) {
        try (DatasetPair again = load(name, FrameRule.parse(other), true)) {
          requireSame(again.train(), FrameRule.parse(other));
        }
      }
    }
  }

  private static void requireSame(Dataset part, FrameRule rule) {
    RecordedSamples recordings = part.recordings().orElseThrow();
    SampleShape shape = part.shape();
    float[] expected = new float[shape.values()];
    float[] actual = new float[shape.values()];
    assertEquals(rule, recordings.rule());
    for (int i = 0; i < part.size(); i++) {
      part.read(i, expected, 0);
      Frames.accumulate(recordings.recording(i), rule, recordings.sensor(), actual);
      assertArrayEquals(expected, actual);
    }
  }

  @Test
  void oneSampleIsTheSampleOfTheWholeSet() {
    for (String name : List.of("nmnist", "cifar10-dvs", "dvs128-gesture")) {
      try (DatasetPair pair = load(name, RULE, false)) {
        float[] expected = new float[pair.test().shape().values()];
        float[] actual = new float[expected.length];
        for (int i = 0; i < pair.test().size(); i += 4) {
          Dataset one = store(folder.resolve(name)).sample(name, RULE, FILTER, true, i);
          pair.test().read(i, expected, 0);
          one.read(0, actual, 0);
          assertArrayEquals(expected, actual);
          assertEquals(pair.test().label(i), one.label(0));
          assertEquals(pair.test().shape(), one.shape());
        }
      }
    }
  }

  /** A file of its own, as {@code klif predict} takes it, has the frames of the set's sample. */
  @Test
  void aFileIsTheSampleOfTheWholeSet() throws IOException {
    for (String name : List.of("nmnist", "cifar10-dvs", "dvs128-gesture")) {
      try (DatasetPair pair = load(name, RULE, false)) {
        Dataset test = pair.test();
        List<float[]> read = new ArrayList<>();
        for (Path file : testFiles(name)) {
          store(folder.resolve(name)).recordings(name, RULE, FILTER, file).stream()
              .map(RecordedFrames::values)
              .forEach(read::add);
        }
        assertEquals(test.size(), read.size(), name);
        float[] expected = new float[test.shape().values()];
        for (int i = 0; i < test.size(); i++) {
          test.read(i, expected, 0);
          assertArrayEquals(expected, read.get(i), name + " " + i);
        }
      }
    }
    Path packed = folder.resolve("packed.bin.gz");
    Path plain = testFiles("nmnist").get(0);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      Files.copy(plain, out);
    }
    DataStore store = store(folder);
    assertArrayEquals(
        store.recordings("nmnist", RULE, FILTER, plain).get(0).values(),
        store.recordings("nmnist", RULE, FILTER, packed).get(0).values());
    Path gestures = testFiles("dvs128-gesture").get(0);
    Files.delete(gestures.resolveSibling("user24_led_labels.csv"));
    assertEquals(1, store.recordings("dvs128-gesture", RULE, FILTER, gestures).size());
    KlifException e =
        assertThrows(
            KlifException.class, () -> store.recordings("cifar10-dvs", RULE, FILTER, plain));
    assertTrue(e.getMessage().contains("not an AEDAT 2.0 recording"), e.getMessage());
  }

  /** In the order of the samples. */
  private List<Path> testFiles(String name) throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve(name))) {
      return files
          .filter(
              file ->
                  file.toString().matches(".*(/Test/.*[.]bin|_9[0-9]{2}[.]aedat|24_led[.]aedat)"))
          .sorted(Comparator.comparing(file -> file.getFileName().toString()))
          .toList();
    }
  }

  @Test
  void oneCacheOfRecordingsServesAllRules() throws IOException {
    for (String rule : List.of("count(2)", "time(3)", "voxel(2)")) {
      load("nmnist", FrameRule.parse(rule), true).close();
    }
    try (Stream<Path> files = Files.list(folder.resolve("parent/frames"))) {
      List<String> names = files.map(f -> f.getFileName().toString()).toList();
      assertEquals(1, names.stream().filter(n -> n.endsWith(".records")).count());
      assertEquals(3, names.stream().filter(n -> n.endsWith(".frames")).count());
    }
  }

  @Test
  void theLoaderChangesRecordingsAlikeWithAnyNumberOfThreads() {
    Augmentation change =
        new Augmentation.Chain(
            List.of(
                new RecordingChange(EventAugmentation.parse(CHANGES)),
                Augmentation.parse("crop(2)")));
    try (DatasetPair pair = load("nmnist", RULE, true)) {
      float[][] expected = batches(pair.train(), change, 1, 1);
      for (int threads : new int[] {2, 5}) {
        assertArrayEquals(expected, batches(pair.train(), change, threads, 1));
      }
      float[][] next = batches(pair.train(), change, 1, 2);
      assertFalse(Arrays.deepEquals(expected, next), "epochs differ");
    }
  }

  /** All batches of an epoch. */
  private static float[][] batches(Dataset set, Augmentation change, int threads, int epoch) {
    try (BatchLoader loader =
            new BatchLoader(set, 6, 3, true, change, Normalisation.NONE, Encoding.DIRECT, threads);
        Epoch batches = loader.epoch(epoch, 0)) {
      float[][] images = new float[loader.batchesPerEpoch()][];
      for (int i = 0; i < images.length; i++) {
        images[i] = batches.next().images().clone();
      }
      return images;
    }
  }

  /** Of events on the sensor, also where their frames are scaled. */
  @ParameterizedTest
  @ValueSource(strings = {"time(3)", "time(3) resize(9,12)"})
  void theChangeIsTheOneOfSeedEpochAndSample(String text) {
    FrameRule rule = FrameRule.parse(text);
    EventAugmentation change = EventAugmentation.parse(CHANGES);
    try (DatasetPair pair = load("nmnist", rule, true);
        BatchLoader loader =
            new BatchLoader(
                pair.train(),
                1,
                3,
                false,
                new RecordingChange(change),
                Normalisation.NONE,
                Encoding.DIRECT,
                1);
        Epoch batches = loader.epoch(4, 0)) {
      RecordedSamples recordings = pair.train().recordings().orElseThrow();
      SampleShape shape = pair.train().shape();
      Sensor sensor = recordings.sensor();
      float[] frames = new float[shape.values()];
      int plane = shape.height() * shape.width();
      for (int i = 0; batches.hasNext(); i++) {
        // 2: the loader's stream of augmentations
        Events changed =
            change.apply(
                recordings.recording(i),
                recordings,
                sensor.height(),
                sensor.width(),
                new SampleRandom(3, 2, 4, i));
        Frames.accumulate(changed, rule, sensor, frames);
        float[] image = batches.next().images();
        for (int t = 0; t < 3; t++) {
          for (int p = 0; p < plane; p++) {
            for (int c = 0; c < 2; c++) {
              assertEquals(frames[(t * 2 + c) * plane + p], image[(t * plane + p) * 2 + c]);
            }
          }
        }
      }
    }
  }

  @Test
  void heldOutSamplesAreNotMixedIn() {
    try (DatasetPair pair = load("nmnist", RULE, true)) {
      Subset some = new Subset("some", pair.train(), List.of(7, 3, 11));
      RecordedSamples all = pair.train().recordings().orElseThrow();
      RecordedSamples chosen = some.recordings().orElseThrow();
      assertEquals(3, chosen.size());
      assertEquals(RULE, chosen.rule());
      assertEquals(all.recording(3).size(), chosen.recording(1).size());
      assertThrows(IndexOutOfBoundsException.class, () -> chosen.recording(3));
    }
  }

  @Test
  void aSetWithoutRecordingsIsRefused() {
    Augmentation change = new RecordingChange(EventAugmentation.parse("drop(0.5)"));
    try (DatasetPair pair = load("nmnist", RULE, false)) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              new BatchLoader(
                  pair.train(), 2, 1, true, change, Normalisation.NONE, Encoding.DIRECT, 1));
    }
  }
}
