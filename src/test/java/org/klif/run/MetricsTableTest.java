package org.klif.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.io.WholeFile;

class MetricsTableTest {
  private static final List<String> COLUMNS = List.of("epoch", "trainLoss", "k.3.klif");

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = folder.resolve("metrics.csv");
  }

  @Test
  void appendedLinesAreInTheFileAtOnce() throws IOException {
    MetricsTable table = MetricsTable.open(file, COLUMNS);
    assertFalse(Files.exists(file), "the header comes with the first line");
    table.append(Map.of("epoch", 1.0, "trainLoss", 0.1, "k.3.klif", 1.25));
    assertEquals("epoch,trainLoss,k.3.klif\n1,0.1,1.25\n", Files.readString(file));
    table.append(Map.of("epoch", 2.0, "k.3.klif", -3.0e-9));
    assertEquals("epoch,trainLoss,k.3.klif\n1,0.1,1.25\n2,,-3.0E-9\n", Files.readString(file));
    RunMetrics metrics = RunMetrics.read(file);
    assertArrayEquals(new double[] {0.1, Double.NaN}, metrics.column("trainLoss"));
    assertArrayEquals(new double[] {1.25, -3e-9}, metrics.column("k.3.klif"));
    assertEquals(List.of("3.klif"), metrics.layers("k"));
  }

  @Test
  void truncationKeepsTheLinesUpToAnEpochToTheByte() throws IOException {
    MetricsTable table = MetricsTable.open(file, COLUMNS);
    for (int epoch = 1; epoch <= 4; epoch++) {
      table.append(Map.of("epoch", (double) epoch, "trainLoss", 1.0 / epoch));
    }
    List<String> before = Files.readAllLines(file);
    table.truncateAfter(2);
    assertEquals(before.subList(0, 3), Files.readAllLines(file));
    table.append(Map.of("epoch", 3.0, "trainLoss", 9.0));
    assertEquals("3,9,", Files.readAllLines(file).get(3));
    table.truncateAfter(0);
    assertEquals(List.of("epoch,trainLoss,k.3.klif"), Files.readAllLines(file));
    try (var files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList(), "no temporary file stays");
    }
  }

  @Test
  void reopeningDropsTheLineThatAKilledRunLeft() throws IOException {
    MetricsTable.open(file, COLUMNS).append(Map.of("epoch", 1.0, "trainLoss", 0.5));
    Files.writeString(file, "2,0.2", StandardOpenOption.APPEND);
    assertEquals(1, RunMetrics.read(file).epochs());
    MetricsTable table = MetricsTable.open(file, COLUMNS);
    table.append(Map.of("epoch", 2.0, "trainLoss", 0.25));
    assertEquals("epoch,trainLoss,k.3.klif\n1,0.5,\n2,0.25,\n", Files.readString(file));
  }

  @Test
  void columnsOfAnotherNetworkAreRefused() {
    MetricsTable.open(file, COLUMNS).append(Map.of("epoch", 1.0));
    KlifException e =
        assertThrows(KlifException.class, () -> MetricsTable.open(file, RunMetrics.BASE_COLUMNS));
    assertTrue(e.getMessage().contains("metrics.csv has other columns"), e.getMessage());
  }

  @Test
  void callersMistakesAreRefused() {
    MetricsTable table = MetricsTable.open(file, COLUMNS);
    table.append(Map.of("epoch", 1.0));
    assertThrows(IllegalArgumentException.class, () -> table.append(Map.of("epoch", 1.0)));
    assertThrows(IllegalArgumentException.class, () -> table.append(Map.of("epoch", 1.5)));
    assertThrows(IllegalArgumentException.class, () -> table.append(Map.of("trainLoss", 1.0)));
    assertThrows(
        IllegalArgumentException.class, () -> table.append(Map.of("epoch", 2.0, "x", 1.0)));
    assertThrows(
        IllegalArgumentException.class, () -> MetricsTable.open(file, List.of("epoch", "a,b")));
    assertEquals(1, RunMetrics.read(file).epochs());
  }

  @Test
  void malformedLinesAreNamed() throws IOException {
    assertMessage(
        "epoch,trainLoss\n1,0.5\n2,abc\n", "metrics.csv, line 3: \"abc\" in column trainLoss");
    assertMessage("epoch,trainLoss\n1,0.5\n2\n", "metrics.csv, line 3: 1 values where the header");
    assertMessage("epoch,trainLoss\n2,0.5\n2,0.4\n", "metrics.csv, line 3: epoch must be");
    assertMessage("epoch,trainLoss\n,0.5\n", "metrics.csv, line 2: epoch must be");
    assertMessage("loss\n0.5\n", "metrics.csv, line 2: epoch");
    assertMessage("", "metrics.csv is empty");
  }

  @Test
  void whatIsNoTableIsRefusedWhole() throws IOException {
    Files.write(file, new byte[] {'e', 'p', (byte) 0xe9, '\n'});
    assertUnreadable("Cannot read " + file + ": it is not text in UTF-8");
    // sparse: it takes no room on the disk
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      assertEquals(1, channel.write(ByteBuffer.allocate(1), WholeFile.LARGEST));
    }
    assertUnreadable(file + " has more than 268435456 bytes, which no such file needs");
  }

  private void assertUnreadable(String expected) {
    assertEquals(
        expected, assertThrows(KlifException.class, () -> RunMetrics.read(file)).getMessage());
  }

  @Test
  void unwritableFolderIsNamed() {
    MetricsTable table = MetricsTable.open(folder.resolve("absent/metrics.csv"), COLUMNS);
    KlifException e = assertThrows(KlifException.class, () -> table.append(Map.of("epoch", 1.0)));
    assertTrue(e.getMessage().endsWith("metrics.csv: no such file or folder"), e.getMessage());
  }

  private void assertMessage(String content, String expected) throws IOException {
    Files.writeString(file, content);
    KlifException e = assertThrows(KlifException.class, () -> RunMetrics.read(file));
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }
}
