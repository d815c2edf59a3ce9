package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.data.cache.CacheProgress;
import org.klif.data.events.Recordings;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;
import org.klif.testing.Shared;

/** The event sets as a whole: layouts, parts, labels and frames. */
class EventSetsTest {
  @TempDir Path folder;

  @Test
  void nmnistFromFoldersAndFromBothArchives() throws IOException {
    Map<String, byte[]> files = GeneratedSets.nmnist();
    Path unpacked = GeneratedSets.unpacked(files, folder.resolve("a"));
    Path zips = Files.createDirectories(folder.resolve("b"));
    GeneratedSets.zip(files, "Train/", zips.resolve("Train.zip"));
    GeneratedSets.zip(files, "Test/", zips.resolve("Test.zip"));
    Path tar = Files.createDirectories(folder.resolve("c"));
    GeneratedSets.tarGz(files, tar.resolve("nmnist-part.tar.gz"));
    try (DatasetPair expected = load("nmnist", unpacked, 3)) {
      assertEquals(20, expected.train().size());
      assertEquals(10, expected.test().size());
      assertEquals(SampleShape.sequence(3, 2, 34, 34), expected.train().shape());
      for (int i = 0; i < 20; i++) {
        // sorted by the names, whose numbers are 1 to 20 here
        assertEquals(i % 10, expected.train().label(i));
        assertEquals(300 + i % 10, sum(expected.train(), i), "all events of recording " + i);
      }
      assertSame(expected, "nmnist", zips);
      assertSame(expected, "nmnist", tar);
      assertSame(expected, "nmnist", tar.resolve("nmnist-part.tar.gz"));
    }
  }

  @Test
  void framesAreMadeOnceForEachRule() throws IOException {
    Path place = GeneratedSets.unpacked(GeneratedSets.nmnist(), folder.resolve("a"));
    int[] made = {0};
    CacheProgress counting =
        new CacheProgress() {
          @Override
          public void samples(int done) {
            made[0]++;
          }

          @Override
          public void note(String line) {
            throw new AssertionError(line);
          }
        };
    int[] expected = {30, 30, 60, 90, 90, 120};
    String[] rules = {"count(3)", "count(3)", "time(3)", "count(4)", "time(3)", "count(3)"};
    for (int i = 0; i < rules.length; i++) {
      if (i == rules.length - 1) {
        // another recording in the place of the last one
        String name =
            GeneratedSets.nmnist().keySet().stream()
                .filter(n -> n.startsWith("Test/"))
                .findFirst()
                .orElseThrow();
        Path file = place.resolve(name);
        byte[] changed = Files.readAllBytes(file);
        changed[0] ^= 1;
        Files.write(file, changed);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_000));
      }
      store(place).load("nmnist", FrameRule.parse(rules[i]), EventFilter.none(), counting).close();
      assertEquals(expected[i], made[0], rules[i]);
    }
  }

  @Test
  void aFilterIsAppliedOnceAndHasACacheOfItsOwn() {
    Path place = GeneratedSets.unpacked(GeneratedSets.nmnist(), folder.resolve("a"));
    EventFilter half = EventFilter.parse("downsample(2)");
    FrameRule rule = FrameRule.byCount(3);
    for (int pass = 0; pass < 2; pass++) {
      try (DatasetPair whole = load("nmnist", place, 3);
          DatasetPair coarse = store(place).load("nmnist", rule, half, CacheProgress.none());
          DatasetPair sparse =
              store(place)
                  .load("nmnist", rule, EventFilter.parse("denoise(1000)"), CacheProgress.none())) {
        assertEquals(SampleShape.sequence(3, 2, 17, 17), coarse.train().shape());
        float[] fine = new float[whole.train().shape().values()];
        float[] actual = new float[coarse.train().shape().values()];
        whole.train().read(0, fine, 0);
        coarse.train().read(0, actual, 0);
        float[] expected = new float[actual.length];
        for (int i = 0; i < fine.length; i++) {
          int plane = i / (34 * 34);
          expected[plane * 17 * 17 + i / 34 % 34 / 2 * 17 + i % 34 / 2] += fine[i];
        }
        assertArrayEquals(expected, actual);
        assertEquals(whole.train().shape(), sparse.train().shape());
        assertTrue(sum(sparse.train(), 0) < sum(whole.train(), 0), "some events stand alone");
      }
    }
  }

  @Test
  void cifar10DvsByFileNumberAndFlipped() throws IOException {
    Map<String, byte[]> files = GeneratedSets.cifar10Dvs();
    Path unpacked = GeneratedSets.unpacked(files, folder.resolve("a"));
    Path zips = Files.createDirectories(folder.resolve("b"));
    for (String object : GeneratedSets.OBJECTS) {
      GeneratedSets.zip(files, object + "/", zips.resolve(object + ".zip"));
    }
    try (DatasetPair expected = load("cifar10-dvs", unpacked, 3)) {
      assertEquals(20, expected.train().size());
      assertEquals(20, expected.test().size());
      assertSame(expected, "cifar10-dvs", zips);
      // cifar10_airplane_0 comes first; the writer's own events, changed as the papers do
      List<Recordings.Event> events =
          Recordings.random(GeneratedSets.OBJECTS.get(0).hashCode(), 400, 128, 7, 100);
      float[] frames = new float[3 * 2 * 128 * 128];
      for (int i = 0; i < 400; i++) {
        Recordings.Event e = events.get(i);
        int frame = Math.min(2, i / 133);
        int channel = 1 - e.polarity();
        frames[((frame * 2 + channel) * 128 + 127 - e.x()) * 128 + 127 - e.y()]++;
      }
      float[] actual = new float[frames.length];
      expected.train().read(0, actual, 0);
      assertArrayEquals(frames, actual);
      assertEquals(0, expected.train().label(0));
    }
  }

  @Test
  void aRecordingWithoutANumberBelongsToNoPart() {
    Map<String, byte[]> files = Map.of("cat/first.aedat", Recordings.aedat2(List.of()));
    Path place = GeneratedSets.unpacked(files, folder);
    KlifException e = assertThrows(KlifException.class, () -> load("cifar10-dvs", place, 2));
    assertTrue(e.getMessage().contains("should look like cifar10_cat_17.aedat"), e.getMessage());
  }

  @Test
  void gesturesAreCutOutOfTheirRecordings() throws IOException {
    Map<String, byte[]> files = GeneratedSets.gesture();
    Path unpacked = GeneratedSets.unpacked(files, folder.resolve("a"));
    Path tar = Files.createDirectories(folder.resolve("b"));
    GeneratedSets.tarGz(files, tar.resolve("DvsGesture.tar.gz"));
    try (DatasetPair expected = load("dvs128-gesture", unpacked, 2)) {
      assertEquals(22, expected.train().size());
      assertEquals(11, expected.test().size());
      List<Recordings.Event> events = Recordings.random(24, 3000, 128, 500, 20);
      for (int i = 0; i < 11; i++) {
        assertEquals(i, expected.test().label(i));
        long[] row = GeneratedSets.gestures()[i];
        long inside =
            events.stream().filter(e -> e.micros() >= row[1] && e.micros() < row[2]).count();
        assertEquals((double) inside, sum(expected.test(), i));
      }
      assertSame(expected, "dvs128-gesture", tar);
      assertSame(expected, "dvs128-gesture", unpacked.resolve("DvsGesture"));
    }
    files.keySet().removeIf(name -> name.contains("user02_led_labels"));
    Path broken = GeneratedSets.unpacked(files, folder.resolve("c"));
    KlifException e = assertThrows(KlifException.class, () -> load("dvs128-gesture", broken, 2));
    assertTrue(e.getMessage().endsWith("user02_led_labels.csv is missing beside it"));
  }

  @Test
  void whatAPersonMustFetchIsExplained() {
    for (String name : List.of("nmnist", "cifar10-dvs", "dvs128-gesture", "cifar10-jpeg")) {
      DataStore store = store(folder);
      KlifException e =
          assertThrows(KlifException.class, () -> store.get(name, DownloadProgress.none()));
      CatalogueEntry entry = store.entry(name);
      assertTrue(e.getMessage().contains(entry.manual().page()), e.getMessage());
      assertTrue(e.getMessage().contains(folder.resolve(name).toString()), e.getMessage());
      assertEquals(
          e.getMessage(), assertThrows(KlifException.class, () -> store.load(name)).getMessage());
    }
  }

  @Test
  void placedFilesAreCompared() throws IOException {
    GeneratedSets.zip(GeneratedSets.nmnist(), "Train/", folder.resolve("Train.zip"));
    GeneratedSets.zip(GeneratedSets.nmnist(), "Test/", folder.resolve("Test.zip"));
    List<FileCheck> checks = store(folder).check("nmnist");
    assertEquals(
        List.of(FileCheck.Status.BAD_CHECKSUM, FileCheck.Status.BAD_CHECKSUM),
        checks.stream().map(FileCheck::status).toList());
    assertTrue(
        checks.get(0).detail().endsWith("instead of 20959b8e626244a1b502305a9e6e2031"),
        checks.get(0).detail());
  }

  @Test
  void statisticsOfRecordings() {
    Path unpacked = GeneratedSets.unpacked(GeneratedSets.nmnist(), folder);
    List<SetStatistics> parts = store(unpacked).statistics("nmnist");
    assertEquals(20, parts.get(0).samples());
    SetStatistics.EventFigures figures = parts.get(1).events();
    assertEquals(300, figures.fewest());
    assertEquals(309, figures.most());
    assertEquals(304.5, figures.mean());
  }

  /** The part in ../shared, against the figures of its README. */
  @Test
  void theSharedPartOfNmnist() {
    try (DatasetPair pair = load("nmnist", Shared.require().resolve("data/nmnist"), 4)) {
      assertArrayEquals(
          new int[] {97, 116, 99, 93, 105, 92, 94, 117, 87, 100}, histogram(pair.train()));
      assertArrayEquals(new int[] {8, 14, 8, 11, 14, 7, 10, 15, 2, 11}, histogram(pair.test()));
    }
  }

  /** All JPEG files: their number and classes, and that they look like CIFAR-10. */
  @Test
  void theSharedJpegFiles() {
    DataStore store = store(Shared.require().resolve("data/cifar10"));
    List<SetStatistics> parts = store.statistics("cifar10-jpeg");
    for (int part = 0; part < 2; part++) {
      int each = part == 0 ? 5000 : 1000;
      assertTrue(parts.get(part).perClass().stream().allMatch(n -> n == each));
      Normalisation known = store.entry("cifar10").normalisation();
      for (int c = 0; c < 3; c++) {
        // of the lossless training pixels; the test part's and the JPEG files' differ a little
        assertEquals(known.mean().get(c), parts.get(part).means().get(c), 0.01);
        assertEquals(known.std().get(c), parts.get(part).deviations().get(c), 0.01);
      }
    }
  }

  private static int[] histogram(Dataset set) {
    int[] counts = new int[set.classes()];
    for (int i = 0; i < set.size(); i++) {
      counts[set.label(i)]++;
    }
    return counts;
  }

  private static double sum(Dataset set, int i) {
    float[] sample = new float[set.shape().values()];
    set.read(i, sample, 0);
    double sum = 0;
    for (float value : sample) {
      sum += value;
    }
    return sum;
  }

  private void assertSame(DatasetPair expected, String name, Path place) {
    try (DatasetPair actual = load(name, place, expected.train().shape().steps())) {
      assertSame(expected.train(), actual.train());
      assertSame(expected.test(), actual.test());
    }
  }

  private static void assertSame(Dataset expected, Dataset actual) {
    assertEquals(expected.size(), actual.size());
    float[] left = new float[expected.shape().values()];
    float[] right = new float[left.length];
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.label(i), actual.label(i));
      expected.read(i, left, 0);
      actual.read(i, right, 0);
      assertArrayEquals(left, right);
    }
  }

  private DatasetPair load(String name, Path place, int steps) {
    return store(place).load(name, FrameRule.byCount(steps));
  }

  private DataStore store(Path place) {
    return new DataStore(
        Catalogue.load(), Optional.of(place), folder.resolve("parent"), new Downloader());
  }
}
