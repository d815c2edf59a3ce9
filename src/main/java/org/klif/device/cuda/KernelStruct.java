package org.klif.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A struct that Java writes and a kernel reads, by value or in a table: its fields in the order of
 * the declaration in cuda-kernels, each aligned to its size. KernelStructsTest compares both sides
 * field by field.
 */
final class KernelStruct {
  /** What a field is. */
  enum Type {
    INT32(Integer.BYTES),
    INT64(Long.BYTES),
    FLOAT32(Float.BYTES),
    FLOAT64(Double.BYTES),
    ADDRESS(Long.BYTES);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    int bytes() {
      return bytes;
    }
  }

  /**
   * A field.
   *
   * @param offset bytes from the struct's start
   */
  record Field(String name, Type type, int offset) {}

  private final String name;
  private final List<Field> fields;

  /** A struct without fields yet. */
  KernelStruct(String name) {
    this(name, List.of());
  }

  private KernelStruct(String name, List<Field> fields) {
    this.name = name;
    this.fields = List.copyOf(fields);
  }

  /** The same with ints behind the other fields. */
  KernelStruct i32(String... names) {
    return with(Type.INT32, names);
  }

  /** The same with numbers of type long long behind the other fields. */
  KernelStruct i64(String... names) {
    return with(Type.INT64, names);
  }

  /** The same with floats behind the other fields. */
  KernelStruct f32(String... names) {
    return with(Type.FLOAT32, names);
  }

  /** The same with doubles behind the other fields. */
  KernelStruct f64(String... names) {
    return with(Type.FLOAT64, names);
  }

  /** The same with pointers behind the other fields. */
  KernelStruct address(String... names) {
    return with(Type.ADDRESS, names);
  }

  private KernelStruct with(Type type, String... names) {
    List<Field> all = new ArrayList<>(fields);
    for (String field : names) {
      all.add(new Field(field, type, aligned(end(all), type.bytes())));
    }
    return new KernelStruct(name, all);
  }

  /** The struct's name in C. */
  String name() {
    return name;
  }

  /** The fields in order. */
  List<Field> fields() {
    return fields;
  }

  /** Its size, a multiple of its largest field's. */
  int bytes() {
    int largest = fields.stream().mapToInt(field -> field.type().bytes()).max().orElse(1);
    return aligned(end(fields), largest);
  }

  /** A writer of so many of them, one behind the other. */
  Writer write(int count) {
    return new Writer(count);
  }

  private static int end(List<Field> fields) {
    if (fields.isEmpty()) {
      return 0;
    }
    Field last = fields.get(fields.size() - 1);
    return last.offset() + last.type().bytes();
  }

  private static int aligned(int offset, int bytes) {
    return (offset + bytes - 1) / bytes * bytes;
  }

  /** Writes the fields in their order, each under its name; what is not written is 0. */
  final class Writer {
    private final ByteBuffer to;
    private int written;

    private Writer(int count) {
      to = ByteBuffer.allocate(Math.multiplyExact(count, bytes())).order(ByteOrder.nativeOrder());
    }

    Writer i32(String field, int value) {
      next(field, Type.INT32).putInt(value);
      return this;
    }

    Writer i64(String field, long value) {
      next(field, Type.INT64).putLong(value);
      return this;
    }

    Writer f32(String field, float value) {
      next(field, Type.FLOAT32).putFloat(value);
      return this;
    }

    Writer f64(String field, double value) {
      next(field, Type.FLOAT64).putDouble(value);
      return this;
    }

    Writer address(String field, long value) {
      next(field, Type.ADDRESS).putLong(value);
      return this;
    }

    /** All bytes, from position 0 to the limit. */
    ByteBuffer end() {
      if (written % fields.size() != 0) {
        throw new IllegalStateException(
            "%s: %s is not written".formatted(name, fields.get(written % fields.size()).name()));
      }
      return to.rewind();
    }

    private ByteBuffer next(String field, Type type) {
      Field next = fields.get(written % fields.size());
      if (!next.name().equals(field) || next.type() != type) {
        throw new IllegalStateException(
            "%s: %s %s is written for %s %s"
                .formatted(name, type, field, next.type(), next.name()));
      }
      to.position(written / fields.size() * bytes() + next.offset());
      written++;
      return to;
    }
  }
}
