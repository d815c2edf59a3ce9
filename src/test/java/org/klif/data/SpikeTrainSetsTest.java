package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.data.cache.CacheProgress;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;

/** SHD and SSC as sets: files that h5py wrote become frames of one row and one channel. */
class SpikeTrainSetsTest {
  private static final Path FILES = Path.of("src/test/resources/spiketrains");

  @TempDir Path folder;

  @Test
  void recordingsBecomeFramesOfOneChannel() throws IOException {
    place("shd");
    FrameRule rule = FrameRule.parse("duration(10,31250)");
    try (DatasetPair pair = store().load("shd", rule)) {
      assertEquals(20, pair.train().size());
      assertEquals(5, pair.test().size());
      assertEquals(SampleShape.sequence(10, 1, 1, 700), pair.train().shape());
      for (int i = 0; i < 5; i++) {
        float[] expected = new float[10 * 700];
        for (int k = 0; k < 5 + i % 4; k++) {
          // 15,625 k (i + 1) microseconds, in frames of 31,250
          int frame = k * (i + 1) / 2;
          if (frame < 10) {
            expected[frame * 700 + (97 * k + 31 * i) % 700]++;
          }
        }
        float[] frames = new float[10 * 700];
        pair.test().read(i, frames, 0);
        assertEquals(i, pair.test().label(i));
        assertArrayEquals(expected, frames);
      }
      assertTrue(
          pair.train().remarks().get(0).contains("frames by duration(10,31250) leave out"),
          "what is left out: " + pair.train().remarks());
    }
  }

  @Test
  void aFilterBinsTheUnits() throws IOException {
    place("shd");
    EventFilter five = EventFilter.parse("downsample(5)");
    FrameRule rule = FrameRule.parse("time(4)");
    try (DatasetPair pair = store().load("shd", rule, five, false, CacheProgress.none())) {
      assertEquals(SampleShape.sequence(4, 1, 1, 140), pair.test().shape());
      float[] frames = new float[4 * 140];
      pair.test().read(1, frames, 0);
      float[] units = new float[140];
      for (int i = 0; i < frames.length; i++) {
        units[i % 140] += frames[i];
      }
      for (int k = 0; k < 6; k++) {
        assertTrue(units[(97 * k + 31) % 700 / 5] >= 1, "spike " + k);
      }
    }
  }

  /** The changes of events that have no polarity work on them, from the cache of recordings. */
  @Test
  void recordingsAreKeptForTraining() throws IOException {
    place("shd");
    FrameRule rule = FrameRule.byCount(3);
    try (DatasetPair pair =
        store().load("shd", rule, EventFilter.none(), true, CacheProgress.none())) {
      assertEquals(20, pair.train().recordings().orElseThrow().size());
      assertEquals(5, pair.train().recordings().orElseThrow().recording(0).size());
    }
  }

  @Test
  void statisticsAndChecksReadEveryRecording() throws IOException {
    place("shd");
    List<SetStatistics> parts = store().statistics("shd", FrameRule.byCount(2), EventFilter.none());
    assertEquals(20, parts.get(0).samples());
    assertEquals(5, parts.get(1).samples());
    assertEquals(5, parts.get(0).events().fewest());
    assertEquals(8, parts.get(0).events().most());
    List<FileCheck> checks = store().check("shd");
    // a part, not the whole set
    assertTrue(
        checks.stream().anyMatch(check -> check.status() == FileCheck.Status.PART),
        checks.toString());
    assertTrue(
        checks.stream().noneMatch(check -> check.status() == FileCheck.Status.DAMAGED),
        checks.toString());
  }

  @Test
  void eachDamagedRecordingIsNamed() throws IOException {
    Files.createDirectories(folder.resolve("shd"));
    Files.copy(FILES.resolve("damaged.h5"), folder.resolve("shd/shd_train.h5"));
    Files.copy(FILES.resolve("shd_test.h5"), folder.resolve("shd/shd_test.h5"));
    long damaged =
        store().check("shd").stream()
            .filter(check -> check.status() == FileCheck.Status.DAMAGED)
            .count();
    assertEquals(7, damaged);
    KlifException e =
        assertThrows(KlifException.class, () -> store().load("shd", FrameRule.byCount(2)));
    assertTrue(e.getMessage().contains("recording 0: spike 1 is of unit 700"), e.getMessage());
  }

  @Test
  void oneFileAloneIsNoSet() throws IOException {
    Files.createDirectories(folder.resolve("ssc"));
    Files.copy(FILES.resolve("shd_train.h5"), folder.resolve("ssc/ssc_train.h5"));
    KlifException e =
        assertThrows(KlifException.class, () -> store().load("ssc", FrameRule.byCount(2)));
    assertTrue(e.getMessage().contains("unpack both with gunzip"), e.getMessage());
  }

  @Test
  void theRecordingsOfAFileCanBePredicted() {
    List<RecordedFrames> samples =
        store()
            .recordings(
                "shd", FrameRule.byCount(4), EventFilter.none(), FILES.resolve("shd_test.h5"));
    assertEquals(5, samples.size());
    assertEquals(4 * 700, samples.get(0).values().length);
  }

  private void place(String name) throws IOException {
    Files.createDirectories(folder.resolve(name));
    for (String part : List.of("train", "test")) {
      Files.copy(
          FILES.resolve("shd_" + part + ".h5"),
          folder.resolve(name).resolve(name + "_" + part + ".h5"));
    }
  }

  private DataStore store() {
    return new DataStore(
        Catalogue.load(), Optional.of(folder), folder.resolve("parent"), new Downloader());
  }
}
