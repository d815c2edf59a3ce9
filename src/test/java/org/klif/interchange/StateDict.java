package org.klif.interchange;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Writes a safetensors file byte by byte, as the libraries around PyTorch do; not with Klif's code.
 */
final class StateDict {
  private final ObjectMapper json = new ObjectMapper();
  private final ObjectNode header = json.createObjectNode();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  StateDict() {
    header.putObject("__metadata__").put("format", "pt");
  }

  /** Adds a float32 tensor. */
  StateDict add(String name, int[] shape, double... values) {
    return add(name, "F32", shape, values);
  }

  /** Adds a tensor of that type: F32, F64, BF16 (values cut off) or I64. */
  StateDict add(String name, String type, int[] shape, double... values) {
    int size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    if (size != values.length) {
      throw new IllegalArgumentException(name + " has " + values.length + " values");
    }
    int begin = data.size();
    ByteBuffer one = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      one.clear();
      switch (type) {
        case "F32" -> one.putFloat((float) value);
        case "F64" -> one.putDouble(value);
        case "BF16" -> one.putShort((short) (Float.floatToIntBits((float) value) >>> 16));
        case "I64" -> one.putLong((long) value);
        default -> throw new IllegalArgumentException(type);
      }
      data.write(one.array(), 0, one.position());
    }
    ObjectNode entry = header.putObject(name).put("dtype", type);
    Arrays.stream(shape).forEach(entry.putArray("shape")::add);
    entry.putArray("data_offsets").add(begin).add(data.size());
    return this;
  }

  /** All bytes. */
  byte[] bytes() {
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + text.length + data.size());
    file.order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).put(text).put(data.toByteArray());
    return file.array();
  }

  Path write(Path file) throws IOException {
    return Files.write(file, bytes());
  }
}
