package org.klif.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.io.WholeFile;
import org.klif.run.RunTrace.Energy;
import org.klif.run.RunTrace.Image;
import org.klif.run.RunTrace.Kind;
import org.klif.run.RunTrace.Layer;
import org.klif.run.RunTrace.Potential;
import org.klif.run.RunTrace.Sample;
import org.klif.run.RunTrace.Spike;
import org.klif.run.RunTrace.SynapticOperations;

class RunTraceTest {
  private static final RunTrace SMALL =
      new RunTrace(
          "digits",
          List.of("0", "1"),
          new Sample(3, 0, 1, new Image(1, 1, 2, List.of(0f, 0.5f))),
          List.of(
              new Layer(
                  "2.klif",
                  2,
                  7,
                  1,
                  List.of(new Spike(0, 0), new Spike(1, 2)),
                  3,
                  new Potential(5, List.of(0.25f, 1.5f), List.of(0, 1), List.of(0.25f, 0f)))),
          List.of(List.of(5, 1), List.of(0, 6)),
          List.of(new SynapticOperations("0.conv", Kind.MAC, 1000, 1000, 1, 1, 1000.0)),
          Energy.HOROWITZ_45_NM,
          List.of(),
          12L);

  @TempDir Path folder;

  @Test
  void readGivesBackWhatWasWritten() throws IOException {
    Path file = folder.resolve("trace.json");
    SMALL.write(file);
    assertEquals(SMALL, RunTrace.read(file));
    String text = Files.readString(file);
    assertTrue(text.contains("\"spikes\":[[0,0],[1,2]]"), text);
    assertTrue(text.contains("\"F\":[0.25,1.5],\"S\":[0,1],\"V\":[0.25,0.0]"), text);
  }

  @Test
  void missingPartsAreEmptyAndUnknownKeysIgnored() throws IOException {
    Path file = folder.resolve("trace.json");
    Files.writeString(file, "{\"dataset\": \"mnist\", \"later\": 1}");
    RunTrace trace = RunTrace.read(file);
    assertEquals("mnist", trace.dataset());
    assertEquals(List.of(), trace.layers());
    assertNull(trace.sample());
    assertNull(trace.parameters(), "a file of a Klif that did not count them");
  }

  /**
   * As a Klif of before wrote them: what they said stays readable, and is said to be all it says.
   */
  @Test
  void operationsWithoutMultiplyAddsAreReadAsTheyWereMeant() throws IOException {
    Path file = folder.resolve("trace.json");
    Files.writeString(
        file,
        "{\"synapticOperations\": [{\"layer\": \"4.fc\", \"kind\": \"AC\", \"macs\": 100,"
            + " \"operations\": 10, \"inputRate\": 0.1, \"passes\": 4}]}");
    SynapticOperations layer = RunTrace.read(file).synapticOperations().get(0);
    assertNull(layer.multiplyAdds());
    assertEquals(10, layer.additions());
    assertEquals(0, layer.products());
  }

  @Test
  void corruptFilesAreNamed() throws IOException {
    assertMessage("{\"dataset\": ", "trace.json, line 1: Unexpected end-of-input");
    assertMessage("{\n\"confusion\": [[1, 2]]}", "trace.json, line 2: confusion must be a square");
    assertMessage("{\"layers\": 5}", "trace.json, line 1: Cannot deserialize");
    assertMessage(
        "{\"sample\": {\"index\": 0, \"label\": 0, \"prediction\": 0, \"image\":"
            + " {\"channels\": 1, \"height\": 2, \"width\": 2, \"pixels\": [0]}}}",
        "the image has 1 pixels");
    assertMessage("null", "trace.json holds no trace");
  }

  /** Sparse: it takes no room on the disk. */
  @Test
  void aFileThatIsTooLargeIsRefusedByItsSize() throws IOException {
    Path file = folder.resolve("trace.json");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      assertEquals(1, channel.write(ByteBuffer.allocate(1), WholeFile.LARGEST));
    }
    KlifException e = assertThrows(KlifException.class, () -> RunTrace.read(file));
    assertEquals(file + " has more than 268435456 bytes, which no such file needs", e.getMessage());
  }

  private void assertMessage(String content, String expected) throws IOException {
    Path file = folder.resolve("trace.json");
    Files.writeString(file, content);
    KlifException e = assertThrows(KlifException.class, () -> RunTrace.read(file));
    assertTrue(e.getMessage().contains(expected), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), e.getMessage());
  }
}
