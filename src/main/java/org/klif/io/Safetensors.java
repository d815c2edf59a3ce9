package org.klif.io;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.klif.KlifException;
import org.klif.tensor.HalfFloats;

/**
 * An open safetensors file: 8 bytes with the length of the header (little-endian), a JSON header,
 * then the tensors' bytes, each value little-endian. Tensors of float32, float64, float16 and
 * bfloat16 are read, as float32; others may be in the file. All offsets are checked when the file
 * is opened, so that reading a tensor cannot run over its neighbours.
 *
 * <p>Format: https://huggingface.co/docs/safetensors, "Format".
 */
public final class Safetensors implements AutoCloseable {
  private static final String METADATA = "__metadata__";

  /** In the metadata: SHA-256 of all tensors and of the rest of the metadata. */
  private static final String CHECKSUM = "klif.sha256";

  private static final int LARGEST_HEADER = 100_000_000;
  private static final int CHUNK = 1 << 16;
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY).build();

  /**
   * A tensor to be written.
   *
   * @param values row-major; asked for twice, for the checksum and when the tensor's turn has come
   */
  public record Entry(String name, List<Integer> shape, Supplier<float[]> values) {}

  /** Element types of the format. */
  private enum Type {
    F64(8, true),
    F32(4, true),
    F16(2, true),
    BF16(2, true),
    I64(8, false),
    I32(4, false),
    I16(2, false),
    I8(1, false),
    U64(8, false),
    U32(4, false),
    U16(2, false),
    U8(1, false),
    BOOL(1, false);

    final int bytes;
    final boolean real;

    Type(int bytes, boolean real) {
      this.bytes = bytes;
      this.real = real;
    }
  }

  private record Place(Type type, List<Integer> shape, long begin, long end) {
    int elements() {
      return (int) ((end - begin) / type.bytes);
    }
  }

  private final Path file;
  private final FileChannel channel;
  private final long dataStart;
  private final Map<String, String> metadata;
  private final Map<String, Place> places;

  private Safetensors(
      Path file,
      FileChannel channel,
      long dataStart,
      Map<String, String> metadata,
      Map<String, Place> places) {
    this.file = file;
    this.channel = channel;
    this.dataStart = dataStart;
    this.metadata = metadata;
    this.places = places;
  }

  /**
   * Writes a file whole or not at all, with a checksum. The same content gives the same bytes.
   *
   * @param metadata free text by key
   * @throws KlifException when it cannot be written; an older file is then untouched
   */
  public static void write(Path file, Map<String, String> metadata, List<Entry> entries) {
    ObjectNode header = JSON.createObjectNode();
    ObjectNode texts = header.putObject(METADATA);
    metadata.forEach(texts::put);
    texts.put(CHECKSUM, checksum(metadata, entries));
    long offset = 0;
    for (Entry entry : entries) {
      ObjectNode place = header.putObject(entry.name());
      place.put("dtype", "F32");
      var shape = place.putArray("shape");
      entry.shape().forEach(shape::add);
      long end = offset + 4 * elements(entry.shape());
      place.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    // blanks behind the header keep the tensors aligned to 8 bytes
    byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    AtomicFile.write(
        file,
        channel -> {
          ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
          writeAll(channel, length.putLong(padded.length).flip());
          writeAll(channel, ByteBuffer.wrap(padded));
          ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
          for (Entry entry : entries) {
            parts(entry, chunk, (bytes, elements) -> writeAll(channel, bytes));
          }
        });
  }

  private static String checksum(Map<String, String> metadata, List<Entry> entries) {
    TensorChecksum checksum = new TensorChecksum(metadata);
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    List<Entry> ordered = new ArrayList<>(entries);
    ordered.sort(Comparator.comparing(Entry::name));
    try {
      for (Entry entry : ordered) {
        checksum.tensor(entry.name(), Type.F32.name(), entry.shape());
        parts(entry, chunk, (bytes, elements) -> checksum.bytes(bytes));
      }
    } catch (IOException e) {
      throw new IllegalStateException("a checksum that fails", e);
    }
    return checksum.hex();
  }

  private static void parts(Entry entry, ByteBuffer chunk, Part part) throws IOException {
    float[] values = entry.values().get();
    if (values.length != elements(entry.shape())) {
      throw new IllegalArgumentException(
          "%s has %d values for shape %s".formatted(entry.name(), values.length, entry.shape()));
    }
    for (int done = 0; done < values.length; ) {
      int n = Math.min(values.length - done, CHUNK / 4);
      chunk.clear();
      chunk.asFloatBuffer().put(values, done, n);
      part.take(chunk.limit(4 * n), n);
      done += n;
    }
  }

  private static void writeAll(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /**
   * Opens a file and checks its header against its length.
   *
   * @throws KlifException naming the file and what is wrong with it
   */
  public static Safetensors open(Path file) {
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file);
      return read(file, channel);
    } catch (IOException | RuntimeException e) {
      KlifException failure =
          e instanceof KlifException known
              ? known
              : e instanceof IOException io
                  ? new KlifException("Cannot read " + file + ": " + AtomicFile.reason(io), e)
                  : damaged(file, "its header is malformed (" + e.getMessage() + ")");
      closeAfter(channel, failure);
      throw failure;
    }
  }

  private static void closeAfter(FileChannel channel, KlifException failure) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
  }

  private static Safetensors read(Path file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < 8) {
      throw damaged(file, "it has only %d bytes; it was cut off".formatted(size));
    }
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    readFully(file, channel, 0, length);
    long headerLength = length.getLong(0);
    if (headerLength < 2 || headerLength > LARGEST_HEADER) {
      throw damaged(
          file, "it is not a safetensors file (header of %d bytes)".formatted(headerLength));
    }
    if (8 + headerLength > size) {
      throw damaged(
          file,
          "it has %d bytes, but its header alone needs %d; it was cut off"
              .formatted(size, 8 + headerLength));
    }
    ByteBuffer header = ByteBuffer.allocate((int) headerLength);
    readFully(file, channel, 8, header);
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, Place> places = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : header(file, header.array()).entrySet()) {
      if (!field.getKey().equals(METADATA)) {
        places.put(field.getKey(), place(file, field.getKey(), field.getValue()));
      } else if (field.getValue().isObject()) {
        field.getValue().properties().forEach(t -> metadata.put(t.getKey(), t.getValue().asText()));
      } else {
        throw damaged(file, "its header's %s is not an object of texts".formatted(METADATA));
      }
    }
    requireNoHoles(file, places, size - 8 - headerLength);
    return new Safetensors(file, channel, 8 + headerLength, metadata, places);
  }

  /** The entries of the header, in its order. */
  private static Map<String, JsonNode> header(Path file, byte[] json) throws IOException {
    Map<String, JsonNode> entries = new LinkedHashMap<>();
    try (JsonParser parser = JSON.createParser(new String(json, StandardCharsets.UTF_8))) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw damaged(file, "its header is not a JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        if (entries.put(name, JSON.readTree(parser)) != null) {
          throw damaged(file, "its header has %s twice".formatted(name));
        }
      }
      if (parser.nextToken() != null) {
        throw damaged(file, "something follows the JSON object of its header");
      }
    } catch (JsonProcessingException e) {
      throw damaged(
          file,
          "its header is not sound JSON (%s)"
              .formatted(e.getOriginalMessage().lines().findFirst().orElse("malformed")));
    }
    return entries;
  }

  private static Type type(Path file, String name, String text) {
    for (Type type : Type.values()) {
      if (type.name().equals(text)) {
        return type;
      }
    }
    throw damaged(file, "tensor %s has the unknown type '%s'".formatted(name, text));
  }

  private static Place place(Path file, String name, JsonNode node) {
    Type type = type(file, name, node.path("dtype").asText());
    JsonNode shape = node.path("shape");
    JsonNode offsets = node.path("data_offsets");
    List<Integer> sizes = new ArrayList<>();
    long elements = 1;
    boolean sound = shape.isArray() && offsets.isArray() && offsets.size() == 2;
    for (int i = 0; sound && i < shape.size(); i++) {
      sound = shape.get(i).canConvertToInt() && shape.get(i).isInt() && shape.get(i).asInt() >= 0;
      sizes.add(shape.get(i).asInt());
      elements *= sizes.get(i);
      sound = sound && elements <= Integer.MAX_VALUE - 8;
    }
    sound = sound && offsets.get(0).isIntegralNumber() && offsets.get(1).isIntegralNumber();
    sound = sound && offsets.get(0).canConvertToLong() && offsets.get(1).canConvertToLong();
    if (!sound) {
      throw damaged(file, "the header's entry of tensor %s is malformed".formatted(name));
    }
    Place place =
        new Place(type, List.copyOf(sizes), offsets.get(0).asLong(), offsets.get(1).asLong());
    if (place.begin() < 0 || place.end() - place.begin() != type.bytes * elements) {
      throw damaged(
          file,
          "tensor %s of shape %s cannot lie at bytes %d to %d"
              .formatted(name, sizes, place.begin(), place.end()));
    }
    return place;
  }

  /** Tensors follow one another without a gap or an overlap, up to the end of the file. */
  private static void requireNoHoles(Path file, Map<String, Place> places, long bytes) {
    List<Map.Entry<String, Place>> ordered = new ArrayList<>(places.entrySet());
    ordered.sort(
        Comparator.comparingLong((Map.Entry<String, Place> e) -> e.getValue().begin())
            .thenComparingLong(e -> e.getValue().end()));
    long end = 0;
    for (Map.Entry<String, Place> entry : ordered) {
      Place place = entry.getValue();
      if (place.begin() != end) {
        throw damaged(
            file,
            "tensor %s starts at byte %d where %d is expected"
                .formatted(entry.getKey(), place.begin(), end));
      }
      end = place.end();
    }
    if (end != bytes) {
      throw damaged(
          file,
          "it holds %d bytes of tensors where its header promises %d; it was %s"
              .formatted(bytes, end, bytes < end ? "cut off" : "changed"));
    }
  }

  /** The free texts of the header. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** The tensors' names, in the header's order. */
  public List<String> names() {
    return List.copyOf(places.keySet());
  }

  /** Shape of a tensor. */
  public List<Integer> shape(String name) {
    return place(name).shape();
  }

  /** Whether a tensor holds numbers that {@link #values} reads, not integers or truth values. */
  public boolean isReal(String name) {
    return place(name).type().real;
  }

  /**
   * Checks the file against the checksum that Klif writes; a file without one is taken as it is.
   *
   * @throws KlifException when anything but the order of the tensors has changed
   */
  public void requireUnchanged() {
    Map<String, String> rest = new LinkedHashMap<>(metadata);
    String expected = rest.remove(CHECKSUM);
    if (expected == null) {
      return;
    }
    TensorChecksum checksum = new TensorChecksum(rest);
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    for (String name : places.keySet().stream().sorted().toList()) {
      Place place = places.get(name);
      checksum.tensor(name, place.type().name(), place.shape());
      chunks(place, chunk, (bytes, elements) -> checksum.bytes(bytes));
    }
    if (!checksum.hex().equals(expected)) {
      throw damaged(
          file,
          "its tensors or metadata have changed since it was written; bring back a copy (one who changed it on purpose leaves %s out of the metadata)"
              .formatted(CHECKSUM));
    }
  }

  /**
   * The values of a tensor, row-major, rounded to float32.
   *
   * @throws KlifException when it holds integers or truth values, or what is no number or beyond
   *     float32
   */
  public float[] values(String name) {
    Place place = place(name);
    Type type = place.type();
    if (!type.real) {
      throw new KlifException(
          "tensor %s of %s has type %s; Klif reads F32, F64, F16 and BF16"
              .formatted(name, file, type));
    }
    float[] values = new float[place.elements()];
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    int[] done = {0};
    chunks(
        place,
        chunk,
        (bytes, elements) -> {
          decode(type, bytes, values, done[0], elements);
          done[0] += elements;
        });
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new KlifException(
            "%s: element %d of %s is %s%s"
                .formatted(file, i, name, values[i], type == Type.F64 ? " in float32" : ""));
      }
    }
    return values;
  }

  /** Takes a part of a tensor's bytes. */
  @FunctionalInterface
  private interface Part {
    void take(ByteBuffer bytes, int elements) throws IOException;
  }

  private void chunks(Place place, ByteBuffer chunk, Part part) {
    int size = place.type().bytes;
    try {
      for (int done = 0; done < place.elements(); ) {
        int n = Math.min(place.elements() - done, CHUNK / size);
        chunk.clear().limit(size * n);
        readFully(file, channel, dataStart + place.begin() + (long) size * done, chunk);
        chunk.flip();
        part.take(chunk, n);
        done += n;
      }
    } catch (IOException e) {
      throw new KlifException("Cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  private static void decode(Type type, ByteBuffer chunk, float[] values, int from, int n) {
    switch (type) {
      case F32 -> chunk.asFloatBuffer().get(values, from, n);
      case F64 -> {
        for (int i = 0; i < n; i++) {
          values[from + i] = (float) chunk.getDouble(8 * i);
        }
      }
      case F16 -> {
        for (int i = 0; i < n; i++) {
          values[from + i] = HalfFloats.fromFloat16(chunk.getShort(2 * i));
        }
      }
      // a bfloat16 is the upper half of a float32
      case BF16 -> {
        for (int i = 0; i < n; i++) {
          values[from + i] = Float.intBitsToFloat(chunk.getShort(2 * i) << 16);
        }
      }
      default -> throw new IllegalArgumentException("not real: " + type);
    }
  }

  private Place place(String name) {
    Place place = places.get(name);
    if (place == null) {
      throw new KlifException(file + " has no tensor " + name);
    }
    return place;
  }

  private static void readFully(Path file, FileChannel channel, long position, ByteBuffer target)
      throws IOException {
    long at = position;
    while (target.hasRemaining()) {
      int n = channel.read(target, at);
      if (n < 0) {
        throw new EOFException(file + " became shorter while it was read");
      }
      at += n;
    }
  }

  private static long elements(List<Integer> shape) {
    long elements = 1;
    for (int size : shape) {
      elements = Math.multiplyExact(elements, size);
    }
    return elements;
  }

  private static KlifException damaged(Path file, String why) {
    return new KlifException(file + " is damaged: " + why);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new KlifException("Cannot close " + file + ": " + AtomicFile.reason(e), e);
    }
  }
}
