package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.base.Splitter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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
      store(place)
          .load("nmnist", FrameRule.parse(rules[i]), EventFilter.none(), false, counting)
          .close();
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
          DatasetPair coarse =
              store(place).load("nmnist", rule, half, false, CacheProgress.none());
          DatasetPair sparse =
              store(place)
                  .load(
                      "nmnist",
                      rule,
                      EventFilter.parse("denoise(1000)"),
                      false,
                      CacheProgress.none())) {
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

  /** Every tenth recording of a class is for the test; times beyond 2^23 need overflow events. */
  @Test
  void ncaltech101ByFileNumber() throws IOException {
    Map<String, byte[]> files = GeneratedSets.ncaltech101();
    files.put("Caltech101/BACKGROUND_Google/._image_0001.bin", new byte[] {1, 2, 3});
    Path unpacked = GeneratedSets.unpacked(files, folder.resolve("a"));
    Path zip = Files.createDirectories(folder.resolve("b"));
    GeneratedSets.zip(files, "", zip.resolve("Caltech101.zip"));
    try (DatasetPair expected = load("ncaltech101", unpacked, 3)) {
      assertEquals(10, expected.train().size());
      assertEquals(10, expected.test().size());
      assertEquals(101, expected.train().classes());
      assertSame(expected, "ncaltech101", zip);
      // image_0001 of the first class comes first
      List<Recordings.Event> events = Recordings.random(1, 500, 240, 180, 3_000_000, 30_000);
      assertTrue(events.get(499).micros() > 1 << 23, "an overflow event is among them");
      float[] frames = new float[3 * 2 * 180 * 240];
      for (int i = 0; i < 500; i++) {
        Recordings.Event e = events.get(i);
        int frame = Math.min(2, i / 166);
        frames[((frame * 2 + e.polarity()) * 180 + e.y()) * 240 + e.x()]++;
      }
      float[] actual = new float[frames.length];
      expected.train().read(0, actual, 0);
      assertArrayEquals(frames, actual);
      assertEquals(0, expected.train().label(0));
      assertEquals(100, expected.test().label(9));
    }
  }

  @Test
  void aRecordingWithoutANumberBelongsToNoPart() {
    Map<String, byte[]> files = Map.of("cat/first.aedat", Recordings.aedat2(List.of()));
    Path place = GeneratedSets.unpacked(files, folder);
    KlifException e = assertThrows(KlifException.class, () -> load("cifar10-dvs", place, 2));
    assertTrue(e.getMessage().contains("should end in _17.aedat"), e.getMessage());
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

  /** What stands behind the limit would be missing from a part, and nobody would know. */
  @ParameterizedTest
  @ValueSource(strings = {"trials_to_train.txt", "trials_to_test.txt"})
  void aListOfRecordingsIsNotCut(String list) {
    Map<String, byte[]> files = GeneratedSets.gesture();
    String name = "DvsGesture/" + list;
    String text = "user01_led.aedat\n" + "\n".repeat(1 << 16) + "user02_led.aedat\n";
    files.put(name, text.getBytes(StandardCharsets.US_ASCII));
    Path place = GeneratedSets.unpacked(files, folder.resolve("a"));
    KlifException e = assertThrows(KlifException.class, () -> load("dvs128-gesture", place, 2));
    assertTrue(e.getMessage().contains(list + " has more than 65536 bytes"), e.getMessage());
  }

  @Test
  void whatAPersonMustFetchIsExplained() {
    for (String name :
        List.of("nmnist", "ncaltech101", "cifar10-dvs", "dvs128-gesture", "cifar10-jpeg")) {
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
        List.of(
            FileCheck.Status.BAD_CHECKSUM,
            FileCheck.Status.BAD_CHECKSUM,
            FileCheck.Status.PART,
            FileCheck.Status.PART),
        checks.stream().map(FileCheck::status).toList());
    assertTrue(
        checks.get(0).detail().endsWith("instead of 20959b8e626244a1b502305a9e6e2031"),
        checks.get(0).detail());
  }

  @Test
  void archivesWithRightSumsAreReadAllTheSame() throws IOException, NoSuchAlgorithmException {
    Map<String, byte[]> files = GeneratedSets.nmnist();
    files.put("Train/3/00099.bin", new byte[0]);
    List<DataFile> archives = new ArrayList<>();
    for (String part : List.of("Train", "Test")) {
      Path zip = folder.resolve(part + ".zip");
      GeneratedSets.zip(files, part + "/", zip);
      byte[] md5 = MessageDigest.getInstance("MD5").digest(Files.readAllBytes(zip));
      DataFile known =
          Catalogue.load().entry("nmnist").files().stream()
              .filter(file -> file.name().equals(part + ".zip"))
              .findFirst()
              .orElseThrow();
      archives.add(
          new DataFile(known.role(), known.name(), 0, HexFormat.of().formatHex(md5), null, null));
    }
    CatalogueEntry n = Catalogue.load().entry("nmnist");
    CatalogueEntry entry =
        new CatalogueEntry(
            n.name(),
            n.title(),
            n.homepage(),
            n.licence(),
            n.citation(),
            n.format(),
            n.shape(),
            n.classNames(),
            n.normalisation(),
            n.sources(),
            archives,
            n.samples(),
            n.manual(),
            n.caution());
    DataStore store =
        new DataStore(
            new Catalogue(List.of(entry)),
            Optional.of(folder),
            folder.resolve("parent"),
            new Downloader());
    List<FileCheck> checks = store.check("nmnist");
    assertEquals(
        List.of(
            FileCheck.Status.OK,
            FileCheck.Status.OK,
            FileCheck.Status.DAMAGED,
            FileCheck.Status.PART,
            FileCheck.Status.PART),
        checks.stream().map(FileCheck::status).toList());
    String refused = assertThrows(KlifException.class, () -> store.load("nmnist")).getMessage();
    assertEquals(refused, checks.get(2).detail(), "check and training say the same");
  }

  /** What training refuses, whoever reads: one sentence for each, the same from all of them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "cifar10-dvs, airplane/cifar10_airplane_0.aedat, the recording holds no event",
        "nmnist, Train/0/00001.bin, the recording is empty",
        "nmnist, Test/3/00024.bin, the recording holds no event",
        "dvs128-gesture, DvsGesture/user02_led.aedat, holds no event of gesture 1",
        "dvs128-gesture, DvsGesture/user24_led_labels.csv, holds no event of gesture 11",
        "dvs128-gesture, DvsGesture/user01_led.aedat, lies at x 200",
      })
  void whatIsNoSampleIsRefusedByAll(String text) throws IOException {
    List<String> words = Splitter.on(", ").splitToList(text);
    String name = words.get(0);
    String file = words.get(1);
    String says = words.get(2);
    Map<String, byte[]> files =
        switch (name) {
          case "nmnist" -> GeneratedSets.nmnist();
          case "cifar10-dvs" -> GeneratedSets.cifar10Dvs();
          default -> GeneratedSets.gesture();
        };
    List<Recordings.Event> none = List.of();
    ByteArrayOutputStream overflows = new ByteArrayOutputStream();
    Recordings.nmnistEvent(overflows, 0, 240, 0, 0);
    files.put(
        file,
        switch (says) {
          case "the recording is empty" -> new byte[0];
          case "the recording holds no event" ->
              name.equals("nmnist")
                  ? overflows.toByteArray()
                  : Files.readAllBytes(
                      Shared.require().resolve("cases/empty-recording/cifar10_airplane_0.aedat"));
          case "holds no event of gesture 1" -> Recordings.aedat31(none, 1);
          case "holds no event of gesture 11" ->
              Recordings.gestureLabels(new long[][] {{1, 1000, 2000}, {11, 1 << 30, 1L << 40}});
          default -> Recordings.aedat31(List.of(new Recordings.Event(200, 5, 1, 1500)), 1);
        });
    Path place = GeneratedSets.unpacked(files, folder.resolve("a"));
    DataStore store = store(place);
    List<String> refusals = new ArrayList<>();
    for (boolean recordings : new boolean[] {false, true}) {
      refusals.add(
          assertThrows(
                  KlifException.class,
                  () ->
                      store.load(
                          name,
                          FrameRule.byCount(2),
                          EventFilter.none(),
                          recordings,
                          CacheProgress.none()))
              .getMessage());
    }
    refusals.add(
        assertThrows(
                KlifException.class,
                () -> store.statistics(name, FrameRule.byCount(2), EventFilter.none()))
            .getMessage());
    refusals.add(
        store.check(name).stream()
            .filter(check -> check.status() == FileCheck.Status.DAMAGED)
            .findFirst()
            .orElseThrow()
            .detail());
    assertEquals(1, Set.copyOf(refusals).size(), refusals.toString());
    assertTrue(refusals.get(0).contains(says), refusals.get(0));
    String recording = file.replace("_labels.csv", ".aedat");
    String ofFile =
        assertThrows(
                KlifException.class,
                () ->
                    store.recordings(
                        name, FrameRule.byCount(2), EventFilter.none(), place.resolve(recording)))
            .getMessage();
    assertTrue(ofFile.contains(says), ofFile);
  }

  @Test
  void eventsThatGoBackAreSaidAndPutInOrder() throws IOException {
    Map<String, byte[]> files = GeneratedSets.cifar10Dvs();
    files.put(
        "bird/cifar10_bird_899.aedat",
        Files.readAllBytes(Shared.require().resolve("cases/events-backwards/rev2.aedat")));
    Path place = GeneratedSets.unpacked(files, folder.resolve("a"));
    String says =
        "in 1 of 40 recordings events go back, 1 of 15,800 events in time, first event 100 (at 500"
            + " behind 99000 microseconds) of ";
    List<FileCheck> checks = store(place).check("cifar10-dvs");
    FileCheck note =
        checks.stream()
            .filter(check -> check.status() == FileCheck.Status.NOTE)
            .findFirst()
            .orElseThrow();
    assertTrue(note.ok());
    assertTrue(note.detail().contains(says + "bird, cifar10_bird_899.aedat"), note.detail());
    for (String rule : List.of("count(4)", "time(4)", "duration(4,100000)", "voxel(4)")) {
      // from the files, from the cache of recordings, and from the cache of frames
      for (int pass = 0; pass < 3; pass++) {
        try (DatasetPair pair =
            store(place)
                .load(
                    "cifar10-dvs",
                    FrameRule.parse(rule),
                    EventFilter.none(),
                    pass == 1,
                    CacheProgress.none())) {
          assertEquals(200, sum(pair.train(), 5), 1e-3, rule);
          List<String> remarks = pair.train().remarks();
          assertEquals(1, remarks.size(), remarks.toString());
          assertEquals(remarks, pair.test().remarks());
          assertTrue(
              remarks.get(0).contains(says + "train/2/cifar10_bird_899.aedat"), remarks.get(0));
          assertEquals(remarks, new Subset("some", pair.train(), List.of(0)).remarks());
        }
      }
    }
    SetStatistics.EventFigures figures =
        store(place)
            .statistics("cifar10-dvs", FrameRule.byCount(4), EventFilter.none())
            .get(0)
            .events();
    assertEquals(1, figures.tally().back());
    assertEquals(1, figures.tally().disordered());
  }

  @Test
  void whatAFilterOrARuleLeavesOutIsSaid() {
    Map<String, byte[]> files = GeneratedSets.nmnist();
    // two events far apart, which no denoising keeps
    files.put(
        "Train/0/00001.bin",
        Recordings.nmnist(
            List.of(new Recordings.Event(1, 1, 1, 5), new Recordings.Event(30, 30, 0, 90_000))));
    Path place = GeneratedSets.unpacked(files, folder.resolve("a"));
    for (int pass = 0; pass < 2; pass++) {
      List<String> remarks = remarks(place, "count(2)", "denoise(100000)");
      assertEquals(1, remarks.size(), remarks.toString());
      assertTrue(
          remarks
              .get(0)
              .matches(
                  "nmnist: the filter denoise\\(100000\\) leaves out [0-9.]+ % of the events"
                      + " \\([0-9,]+ of 8,837\\), and every event of 1 of 30 recordings, first"
                      + " train/0/00001.bin: black samples"),
          remarks.get(0));
    }
    assertEquals(
        List.of("nmnist: frames by duration(2,40000) leave out 45.10 % of the events"),
        remarks(place, "duration(2,40000)", "none").stream()
            .map(remark -> remark.replaceAll("[0-9.]+ %.*", "45.10 % of the events"))
            .toList());
    assertEquals(List.of(), remarks(place, "duration(2,500000)", "downsample(2)"));
    KlifException e =
        assertThrows(KlifException.class, () -> remarks(place, "count(2)", "denoise(1)"));
    assertEquals(
        "the filter denoise(1) leaves no event of any recording of nmnist: give it other numbers,"
            + " or leave it out",
        e.getMessage());
  }

  private List<String> remarks(Path place, String rule, String filter) {
    try (DatasetPair pair =
        store(place)
            .load(
                "nmnist",
                FrameRule.parse(rule),
                EventFilter.parse(filter),
                false,
                CacheProgress.none())) {
      return pair.train().remarks();
    }
  }

  @Test
  void statisticsOfRecordings() {
    Path unpacked = GeneratedSets.unpacked(GeneratedSets.nmnist(), folder);
    List<SetStatistics> parts =
        store(unpacked).statistics("nmnist", FrameRule.byCount(4), EventFilter.none());
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
    List<SetStatistics> parts =
        store.statistics("cifar10-jpeg", FrameRule.byCount(1), EventFilter.none());
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
