package org.klif.cli;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Reads event files by TensorFlow's message definitions and a checksum of its own. */
final class EventFile {
  /** CRC32C's polynomial, reflected. */
  private static final int POLYNOMIAL = 0x82f63b78;

  private static final Descriptor EVENT = descriptor();

  /** The complete records of a file; a last one that is cut off is left out, as readers do. */
  static List<DynamicMessage> read(byte[] bytes) throws InvalidProtocolBufferException {
    List<DynamicMessage> events = new ArrayList<>();
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (file.remaining() >= 12) {
      byte[] length = new byte[8];
      file.get(file.position(), length);
      int size = Math.toIntExact(file.getLong());
      check(length, file.getInt());
      if (file.remaining() < size + 4) {
        break;
      }
      byte[] content = new byte[size];
      file.get(content);
      check(content, file.getInt());
      DynamicMessage event = DynamicMessage.parseFrom(EVENT, content);
      if (!event.getUnknownFields().asMap().isEmpty()) {
        throw new AssertionError("unknown fields: " + event);
      }
      events.add(event);
    }
    return events;
  }

  static Object get(DynamicMessage message, String field) {
    return message.getField(message.getDescriptorForType().findFieldByName(field));
  }

  static boolean has(DynamicMessage message, String field) {
    return message.hasField(message.getDescriptorForType().findFieldByName(field));
  }

  static DynamicMessage message(DynamicMessage message, String field) {
    return (DynamicMessage) get(message, field);
  }

  /** The values of an event's summary; none without one. */
  static List<DynamicMessage> values(DynamicMessage event) {
    List<DynamicMessage> values = new ArrayList<>();
    for (Object value : (List<?>) get(message(event, "summary"), "value")) {
      values.add((DynamicMessage) value);
    }
    return values;
  }

  private static void check(byte[] bytes, int masked) {
    int crc = -1;
    for (byte b : bytes) {
      crc ^= b & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) != 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
      }
    }
    int expected = ~crc;
    expected = ((expected >>> 15) | (expected << 17)) + 0xa282ead8;
    if (expected != masked) {
      throw new AssertionError("checksum %08x, not %08x".formatted(masked, expected));
    }
  }

  private static Descriptor descriptor() {
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("event.proto")
            .addMessageType(
                type("Event")
                    .addField(field("wall_time", 1, FieldDescriptorProto.Type.TYPE_DOUBLE))
                    .addField(field("step", 2, FieldDescriptorProto.Type.TYPE_INT64))
                    .addField(field("file_version", 3, FieldDescriptorProto.Type.TYPE_STRING))
                    .addField(nested("summary", 5, "Summary"))
                    .addField(nested("session_log", 7, "SessionLog")))
            .addMessageType(
                type("SessionLog")
                    .addField(field("status", 1, FieldDescriptorProto.Type.TYPE_INT32)))
            .addMessageType(
                type("Summary")
                    .addField(
                        nested("value", 1, "Value")
                            .setLabel(FieldDescriptorProto.Label.LABEL_REPEATED)))
            .addMessageType(
                type("Value")
                    .addField(field("tag", 1, FieldDescriptorProto.Type.TYPE_STRING))
                    .addField(field("simple_value", 2, FieldDescriptorProto.Type.TYPE_FLOAT))
                    .addField(nested("tensor", 8, "TensorProto"))
                    .addField(nested("metadata", 9, "SummaryMetadata")))
            .addMessageType(
                type("TensorProto")
                    .addField(field("dtype", 1, FieldDescriptorProto.Type.TYPE_INT32))
                    .addField(nested("tensor_shape", 2, "TensorShapeProto"))
                    .addField(field("string_val", 8, FieldDescriptorProto.Type.TYPE_BYTES)))
            .addMessageType(type("TensorShapeProto"))
            .addMessageType(
                type("SummaryMetadata").addField(nested("plugin_data", 1, "PluginData")))
            .addMessageType(
                type("PluginData")
                    .addField(field("plugin_name", 1, FieldDescriptorProto.Type.TYPE_STRING)))
            .build();
    try {
      return FileDescriptor.buildFrom(file, new FileDescriptor[0]).findMessageTypeByName("Event");
    } catch (DescriptorValidationException e) {
      throw new AssertionError(e);
    }
  }

  private static DescriptorProto.Builder type(String name) {
    return DescriptorProto.newBuilder().setName(name);
  }

  private static FieldDescriptorProto.Builder field(
      String name, int number, FieldDescriptorProto.Type type) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(type)
        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL);
  }

  private static FieldDescriptorProto.Builder nested(String name, int number, String type) {
    return field(name, number, FieldDescriptorProto.Type.TYPE_MESSAGE).setTypeName(type);
  }

  private EventFile() {}
}
