package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.data.events.Recordings;
import org.klif.data.events.Recordings.Event;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** {@code klif data stats FILE}: the fields as stored, and refusals. */
class DataStatsCommandTest {
  private static final List<Event> EVENTS =
      List.of(new Event(3, 5, 1, 4_000_000_000L), new Event(20, 30, 0, 5), new Event(1, 2, 1, 9));

  @TempDir Path folder;

  @Test
  void figuresAsStored() throws IOException {
    // a counter of 32 bits that began again at 0; AEDAT 3.1 counts its overflows
    assertFigures(Recordings.aedat2(EVENTS), "AEDAT 2.0", "0,\"firstBack\":null");
    assertFigures(Recordings.aedat31(EVENTS, 2), "AEDAT 3.1", "1,\"firstBack\":1");
    List<Event> ascending =
        List.of(new Event(3, 5, 1, 2), new Event(20, 30, 0, 5), new Event(1, 2, 1, 20_000_000));
    JsonNode json = stats(write("a", Recordings.nmnist(ascending)));
    assertEquals(
        "{\"format\":\"N-MNIST\",\"events\":3,\"polarityOnes\":2,\"xSum\":24,\"ySum\":37,"
            + "\"firstMicros\":2,\"lastMicros\":20000000,\"eventsBack\":0,\"firstBack\":null}",
        json.toString());
  }

  private void assertFigures(byte[] content, String format, String back) throws IOException {
    String expected =
        ("{\"format\":\"%s\",\"events\":3,\"polarityOnes\":2,\"xSum\":24,\"ySum\":37,"
                + "\"firstMicros\":4000000000,\"lastMicros\":9,\"eventsBack\":%s}")
            .formatted(format, back);
    // told by content: the name says nothing
    assertEquals(expected, stats(write("recording", content)).toString());
    assertEquals(expected, stats(write("recording.gz", gzip(content))).toString());
    assertEquals(expected, stats(write("recording.xz", xz(content))).toString());
  }

  @Test
  void plainText() throws IOException {
    Cli cli = Cli.run("data", "stats", write("a.aedat", Recordings.aedat2(EVENTS)).toString());
    assertEquals(0, cli.code(), cli.err());
    assertEquals(
        """
        %s: AEDAT 2.0
        3 events, 2 of polarity 1; sum of x 24, of y 37
        first at 4000000000, last at 9 microseconds
        """
            .formatted(folder.resolve("a.aedat")),
        cli.out());
  }

  @Test
  void aRecordingWithoutEvents() throws IOException {
    JsonNode json = stats(write("a", Recordings.aedat2(List.of())));
    assertEquals(0, json.get("events").asInt());
    assertTrue(json.get("firstMicros").isNull());
  }

  @Test
  void theLastEventIsCutShort() throws IOException {
    byte[] aedat2 = Recordings.aedat2(EVENTS);
    String says = "the event at byte %d has 5 of 8 bytes".formatted(aedat2.length - 8);
    byte[] cut = Arrays.copyOf(aedat2, aedat2.length - 3);
    assertFails(write("a.aedat", cut), says);
    assertFails(write("a.xz", xz(cut)), "a.xz (uncompressed) is cut short: " + says);
    byte[] nmnist = Recordings.nmnist(List.of(new Event(3, 5, 1, 2), new Event(3, 5, 1, 2)));
    assertFails(
        write("a.bin", Arrays.copyOf(nmnist, 9)),
        "a.bin is cut short: the event at byte 5 has 4 of 5 bytes (the recording ends at byte 9)");
  }

  @Test
  void filesThatAreNoRecordings() throws IOException {
    assertFails(folder.resolve("absent.aedat"), "absent.aedat does not exist");
    assertFails(folder, folder.toString());
    assertFails(write("a", new byte[0]), "the recording is empty");
    assertFails(write("a", ascii("#!AER-DAT1.0\r\n")), "Klif reads AEDAT 2.0 and 3.1");
    assertFails(write("a", ascii("<html>")), "not an N-MNIST recording");
    byte[] gz = gzip(Recordings.aedat2(EVENTS));
    assertFails(write("a.gz", Arrays.copyOf(gz, gz.length - 9)), "a.gz");
    gz[gz.length - 6] ^= 1;
    assertFails(write("a.gz", gz), "a.gz");
    byte[] xz = xz(Recordings.aedat2(EVENTS));
    assertFails(write("a.xz", Arrays.copyOf(xz, xz.length - 9)), "a.xz");
    xz[xz.length / 2] ^= 1;
    assertFails(write("a.xz", xz), "a.xz");
  }

  @Test
  void anXzThatWantsAGigabyteIsRefused() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    LZMA2Options options = new LZMA2Options(0);
    try (XZOutputStream out = new XZOutputStream(bytes, options)) {
      out.write(Recordings.aedat2(EVENTS));
    }
    byte[] file = bytes.toByteArray();
    // the block header: size, flags, filter LZMA2 (0x21), 1 byte of properties, then the dictionary
    // size as a code; 38 means 2 GiB. Its CRC-32 closes the header.
    int header = 12;
    int size = (file[header] + 1) * 4;
    file[header + 4] = 38;
    CRC32 crc = new CRC32();
    crc.update(file, header, size - 4);
    for (int b = 0; b < 4; b++) {
      file[header + size - 4 + b] = (byte) (crc.getValue() >> (8 * b));
    }
    assertFails(write("a.xz", file), "a.xz");
  }

  /** N-Caltech101's recordings have N-MNIST's format and are larger than 34x34. */
  @Test
  void aRecordingOfNCaltech101() throws IOException {
    byte[] recording = Recordings.nmnist(Recordings.random(3, 400, 240, 180, 100_000, 1000));
    JsonNode json = stats(write("image_0001.bin", recording));
    assertEquals("N-MNIST", json.get("format").asText());
    assertEquals(400, json.get("events").asInt());
    assertFails(write("b.bin", new byte[] {10, (byte) 181, 0, 0, 0}), "240x180");
  }

  @Test
  void aFileOfManySpikeTrainsBelongsToItsSet() {
    assertFails(
        Path.of("src/test/resources/spiketrains/shd_test.h5"),
        "is an HDF5 file, which holds many recordings: put it into its set's folder");
  }

  private static void assertFails(Path file, String says) {
    Cli cli = Cli.run("data", "stats", file.toString(), "--json");
    assertEquals(1, cli.code(), cli.out());
    assertTrue(cli.err().contains(says), cli.err());
    assertEquals(1, cli.err().lines().count(), cli.err());
    assertEquals(1, cli.json().get("exitCode").asInt());
  }

  private static JsonNode stats(Path file) {
    Cli cli = Cli.run("data", "stats", file.toString(), "--json");
    assertEquals(0, cli.code(), cli.err());
    return cli.json();
  }

  private Path write(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] xz(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new XZOutputStream(bytes, new LZMA2Options(1))) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
