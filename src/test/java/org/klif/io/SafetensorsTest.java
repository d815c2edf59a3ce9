package org.klif.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.io.Safetensors.Entry;

class SafetensorsTest {
  @TempDir Path folder;

  private Path sample() {
    Path file = folder.resolve("a.safetensors");
    float[] large = new float[40_000];
    for (int i = 0; i < large.length; i++) {
      large[i] = (float) Math.sin(i);
    }
    Safetensors.write(
        file,
        Map.of("state", "{\"epoch\":3}"),
        List.of(
            new Entry("0.conv.weight", List.of(2, 1, 1, 2), () -> new float[] {1, -0f, 3, 4}),
            new Entry("2.klif.k", List.of(), () -> new float[] {Float.MIN_VALUE}),
            new Entry("empty", List.of(0, 5), () -> new float[0]),
            new Entry("3.fc.weight", List.of(200, 200), () -> large)));
    return file;
  }

  @Test
  void readsBackTheSameBits() {
    try (Safetensors file = Safetensors.open(sample())) {
      assertEquals(List.of("0.conv.weight", "2.klif.k", "empty", "3.fc.weight"), file.names());
      assertEquals("{\"epoch\":3}", file.metadata().get("state"));
      assertEquals(List.of(2, 1, 1, 2), file.shape("0.conv.weight"));
      assertArrayEquals(new float[] {1, -0f, 3, 4}, file.values("0.conv.weight"));
      assertArrayEquals(new float[] {Float.MIN_VALUE}, file.values("2.klif.k"));
      assertEquals(0, file.values("empty").length);
      assertEquals((float) Math.sin(39_999), file.values("3.fc.weight")[39_999]);
      assertThrows(KlifException.class, () -> file.values("other"));
    }
  }

  @Test
  void layoutIsTheFormatOfTheSpecification() throws IOException {
    byte[] bytes = Files.readAllBytes(sample());
    long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    assertEquals(0, header % 8, "tensors are aligned");
    String json = new String(bytes, 8, (int) header, StandardCharsets.UTF_8);
    assertTrue(json.startsWith("{\"__metadata__\":{\"state\""), json);
    assertTrue(
        json.contains("\"2.klif.k\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[16,20]}"),
        json);
    assertEquals(
        3f, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getFloat((int) header + 8 + 8));
    assertArrayEquals(bytes, Files.readAllBytes(sample()), "same content, same bytes");
  }

  @Test
  void everyCutIsNoticed() throws IOException {
    Path file = sample();
    byte[] bytes = Files.readAllBytes(file);
    for (int length = 0; length < bytes.length; length += length < 600 ? 1 : 997) {
      Files.write(file, Arrays.copyOf(bytes, length));
      String message = refusal(file);
      assertTrue(message.startsWith(file + " is damaged: "), message);
      assertEquals(1, message.lines().count(), message);
    }
    Files.write(file, Arrays.copyOf(bytes, bytes.length + 1));
    assertTrue(refusal(file).contains("it was changed"), refusal(file));
  }

  @Test
  void aFlippedHeaderByteIsRefusedOrHarmless() throws IOException {
    Path file = sample();
    byte[] bytes = Files.readAllBytes(file);
    int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    Random random = new Random(5);
    for (int trial = 0; trial < 3000; trial++) {
      byte[] changed = bytes.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        changed[random.nextInt(8 + header)] = (byte) random.nextInt(256);
      }
      Files.write(file, changed);
      try (Safetensors opened = Safetensors.open(file)) {
        for (String name : opened.names()) {
          assertTrue(opened.values(name).length <= bytes.length / 4);
        }
      } catch (KlifException e) {
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
      }
    }
  }

  @Test
  void liesInTheHeaderAreNamed() throws IOException {
    assertRefused(
        "{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "cannot lie at");
    assertRefused("{\"a\":{\"dtype\":\"F4\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "'F4'");
    assertRefused(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "cannot lie at");
    assertRefused(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "starts at byte 4");
    assertRefused(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
        8,
        "starts at byte 4 where 8");
    assertRefused(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[65536,65536],\"data_offsets\":[0,4]}}",
        4,
        "malformed");
    assertRefused(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "malformed");
    String one = "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
    assertRefused("{%s,%s}".formatted(one, one), 4, "is damaged: its header has a twice");
    assertRefused(
        "{\"__metadata__\":{},%s,\"__metadata__\":{}}".formatted(one), 4, "__metadata__ twice");
    assertRefused("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F16\"}}", 0, "(Duplicate field 'dtype'");
    assertRefused("{\"__metadata__\":[1]}", 0, "__metadata__ is not an object of texts");
    assertRefused("{} {}", 0, "something follows");
    assertRefused("{\"a\":", 0, "not sound JSON");
    assertRefused("[1]", 0, "not a JSON object");
  }

  @Test
  void whatHasChangedIsSeenByTheChecksum() throws IOException {
    Path file = sample();
    byte[] bytes = Files.readAllBytes(file);
    try (Safetensors sound = Safetensors.open(file)) {
      sound.requireUnchanged();
      assertEquals(64, sound.metadata().get("klif.sha256").length());
    }
    int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    Random random = new Random(6);
    for (int trial = 0; trial < 300; trial++) {
      byte[] changed = bytes.clone();
      changed[8 + header + random.nextInt(bytes.length - 8 - header)] ^=
          (byte) (1 << random.nextInt(8));
      assertChanged(file, changed);
    }
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    assertChanged(
        file, text.replace("epoch\\\":3", "epoch\\\":4").getBytes(StandardCharsets.ISO_8859_1));
    assertChanged(
        file, text.replace("[2,1,1,2]", "[1,2,2,1]").getBytes(StandardCharsets.ISO_8859_1));
    // a file of another program, or of an older Klif
    String none = text.replace("klif.sha256", "klif.sha257");
    Files.write(file, none.getBytes(StandardCharsets.ISO_8859_1));
    try (Safetensors unknown = Safetensors.open(file)) {
      unknown.requireUnchanged();
    }
  }

  private static void assertChanged(Path file, byte[] bytes) throws IOException {
    Files.write(file, bytes);
    try (Safetensors changed = Safetensors.open(file)) {
      String message = assertThrows(KlifException.class, changed::requireUnchanged).getMessage();
      assertTrue(message.startsWith(file + " is damaged: its tensors or metadata have"), message);
    }
  }

  @Test
  void whatIsNoNumberIsRefusedWithItsTensor() {
    for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      Path file = folder.resolve("no-number");
      Safetensors.write(
          file, Map.of(), List.of(new Entry("a.w", List.of(2), () -> new float[] {1, value})));
      try (Safetensors opened = Safetensors.open(file)) {
        assertEquals(
            "%s: element 1 of a.w is %s".formatted(file, value),
            assertThrows(KlifException.class, () -> opened.values("a.w")).getMessage());
      }
    }
  }

  private void assertRefused(String header, int dataBytes, String expected) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + dataBytes);
    bytes.order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json);
    Path file = Files.write(folder.resolve("lie.safetensors"), bytes.array());
    assertTrue(refusal(file).contains(expected), refusal(file));
  }

  private static String refusal(Path file) {
    return assertThrows(KlifException.class, () -> Safetensors.open(file).close()).getMessage();
  }

  @Test
  void nothingStaysOfAFileThatCouldNotBeWritten() throws IOException {
    Path file = sample();
    byte[] before = Files.readAllBytes(file);
    List<Entry> failing =
        List.of(
            new Entry("a", List.of(1), () -> new float[1]),
            new Entry(
                "b",
                List.of(1),
                () -> {
                  throw new IllegalStateException("device lost");
                }));
    assertThrows(IllegalStateException.class, () -> Safetensors.write(file, Map.of(), failing));
    assertArrayEquals(before, Files.readAllBytes(file));
    try (var files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
    Path absent = folder.resolve("absent/b.safetensors");
    String message =
        assertThrows(KlifException.class, () -> Safetensors.write(absent, Map.of(), List.of()))
            .getMessage();
    assertTrue(message.endsWith("no such file or folder"), message);
    assertFalse(Files.exists(absent));
  }
}
