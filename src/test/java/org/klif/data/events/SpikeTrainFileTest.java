package org.klif.data.events;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.KlifException;

/** Files that h5py wrote (src/test/python/spike_trains.py), whole and damaged. */
class SpikeTrainFileTest {
  private static final Path FILES = Path.of("src/test/resources/spiketrains");

  @TempDir Path folder;

  /** Both layouts that the script writes: contiguous, and in compressed chunks of two. */
  @ParameterizedTest
  @CsvSource({"shd_train.h5, 20, 3", "shd_test.h5, 5, 1"})
  void readsWhatWasWritten(String name, int recordings, int labelStep) {
    try (SpikeTrainFile file = SpikeTrainFile.open(FILES.resolve(name))) {
      assertEquals(recordings, file.recordings());
      for (int i = 0; i < recordings; i++) {
        assertEquals(labelStep * i % 20, file.label(i, 20));
        Events events = file.recording(i, 700);
        assertEquals(5 + i % 4, events.size());
        for (int k = 0; k < events.size(); k++) {
          assertEquals((97 * k + 31 * i) % 700, events.x(k));
          assertEquals(0, events.y(k));
          assertEquals(0, events.polarity(k));
          assertEquals(15_625L * k * (i + 1), events.micros(k));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | spike 1 is of unit 700; units are 0 to 699; get the file again",
        "1 | spike 1 has the time NaN; times are seconds from 0 on; get the file again",
        "2 | spike 0 has the time -0.25; times are seconds from 0 on; get the file again",
        "6 | spike 1 has the time Infinity; times are seconds from 0 on; get the file again"
      })
  void aSpikeThatCannotBeIsRefused(int i, String problem) {
    try (SpikeTrainFile file = SpikeTrainFile.open(FILES.resolve("damaged.h5"))) {
      assertEquals(
          "%s, recording %d: %s".formatted(FILES.resolve("damaged.h5"), i, problem),
          assertThrows(KlifException.class, () -> file.recording(i, 700)).getMessage());
      // the mistakes of others do not matter
      assertEquals(2, file.recording(7, 700).size());
    }
  }

  @Test
  void listsOfDifferentLengthsNoSpikesAndAForeignLabelAreRefused() {
    try (SpikeTrainFile file = SpikeTrainFile.open(FILES.resolve("damaged.h5"))) {
      assertEquals(
          FILES.resolve("damaged.h5") + ", recording 3 has 2 times and 1 units; get the file again",
          assertThrows(KlifException.class, () -> file.recording(3, 700)).getMessage());
      assertEquals(
          FILES.resolve("damaged.h5") + ", recording 4 holds no spike; get the file again",
          assertThrows(KlifException.class, () -> file.recording(4, 700)).getMessage());
      assertEquals(
          FILES.resolve("damaged.h5")
              + ", recording 5: the label 20 is not one of 0 to 19; get the file again, or use it"
              + " for the set that it is of",
          assertThrows(KlifException.class, () -> file.label(5, 20)).getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "without_units.h5; has no dataset spikes/units: it is no file of SHD or SSC",
        "unequal.h5; spikes/times, spikes/units and labels are of 2, 2 and 3 recordings",
        "matrix.h5; spikes/times holds no lists of floating-point numbers",
        "nothing.h5; there is no file"
      })
  void aFileOfAnotherKindIsRefused(String name, String problem) {
    KlifException e =
        assertThrows(KlifException.class, () -> SpikeTrainFile.open(FILES.resolve(name)));
    assertTrue(e.getMessage().contains(problem), e.getMessage());
  }

  /** A million million recordings are declared, and nothing is allocated for them. */
  @Test
  void declaredSizesTakeNoMemory() {
    KlifException e =
        assertThrows(KlifException.class, () -> SpikeTrainFile.open(FILES.resolve("huge.h5")));
    assertTrue(e.getMessage().startsWith(FILES.resolve("huge.h5").toString()), e.getMessage());
  }

  /** The size of the heap of all lists, as a stranger may write it: 2 GB of 9 kB. */
  @Test
  void aHeapBeyondTheFileIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(FILES.resolve("shd_train.h5"));
    int heap = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("GCOL");
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(heap + 8, Integer.MAX_VALUE);
    Path changed = Files.write(folder.resolve("heap.h5"), bytes);
    try (SpikeTrainFile file = SpikeTrainFile.open(changed)) {
      assertEquals(
          changed
              + " is not a sound HDF5 file: it is cut short, still packed, or damaged; unpack a .gz"
              + " with gunzip, or get the file again",
          assertThrows(KlifException.class, () -> file.recording(0, 700)).getMessage());
    }
  }

  /** Wherever a file ends too early, it is said, and all that was readable is right. */
  @Test
  void aFileCutShortIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(FILES.resolve("shd_train.h5"));
    int refused = 0;
    for (int size = 0; size < bytes.length; size += 397) {
      Path cut = Files.write(folder.resolve("cut.h5"), Arrays.copyOf(bytes, size));
      KlifException e = null;
      try (SpikeTrainFile file = SpikeTrainFile.open(cut)) {
        for (int i = 0; i < file.recordings(); i++) {
          assertEquals(5 + i % 4, file.recording(i, 700).size());
        }
      } catch (KlifException problem) {
        e = problem;
      }
      if (e != null) {
        refused++;
        assertTrue(e.getMessage().startsWith(cut.toString()), e.getMessage());
      }
    }
    // the end of the file may be unused
    assertTrue(refused > bytes.length / 397 * 3 / 4, "refused " + refused);
  }

  @Test
  void aPackedFileIsSaidToBePacked() throws IOException {
    Path packed = Files.write(folder.resolve("a.h5"), new byte[] {31, -117, 8, 0, 0, 0, 0, 0, 0});
    KlifException e = assertThrows(KlifException.class, () -> SpikeTrainFile.open(packed));
    assertEquals(
        packed
            + " is not a sound HDF5 file: it is cut short, still packed, or damaged; unpack a .gz"
            + " with gunzip, or get the file again",
        e.getMessage());
  }
}
