package org.klif.io;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.klif.KlifException;

/**
 * Writes an event file that TensorBoard reads: records in the framing of TFRecord (length, masked
 * CRC32C of the length, content, masked CRC32C of the content), each one a protocol buffer {@code
 * tensorflow.Event}. What is written together lies in the file together: when a write fails, the
 * file is as it was before. Used by one thread.
 */
public final class TensorBoardEvents implements AutoCloseable {
  private static final String PREFIX = "events.out.tfevents.";
  private static final double MILLIS = 1000;

  /** Field numbers of tensorflow/core/util/event.proto and framework/summary.proto. */
  private static final int EVENT_WALL_TIME = 1;

  private static final int EVENT_STEP = 2;
  private static final int EVENT_FILE_VERSION = 3;
  private static final int EVENT_SUMMARY = 5;
  private static final int EVENT_SESSION_LOG = 7;
  private static final int SESSION_STATUS = 1;
  private static final int SESSION_START = 1;
  private static final int SUMMARY_VALUE = 1;
  private static final int VALUE_TAG = 1;
  private static final int VALUE_SIMPLE = 2;
  private static final int VALUE_TENSOR = 8;
  private static final int VALUE_METADATA = 9;
  private static final int METADATA_PLUGIN = 1;
  private static final int PLUGIN_NAME = 1;
  private static final int TENSOR_TYPE = 1;
  private static final int TENSOR_SHAPE = 2;
  private static final int TENSOR_STRING = 8;
  private static final int TYPE_STRING = 7;

  /** The constant and the rotation by which TFRecord masks its checksums. */
  private static final int MASK = 0xa282ead8;

  private static final int MASK_ROTATION = 15;
  private static final int FRAME_BYTES = Long.BYTES + 2 * Integer.BYTES;

  /** Fields of a message. */
  @FunctionalInterface
  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  private final Path file;
  private final FileChannel channel;

  private TensorBoardEvents(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Begins the next file of a folder, which is made if need be. Readers take the files of a folder
   * by their names, so these are numbered.
   *
   * @param folder of one run
   * @param text shown as the text {@code config} at step 0, if this is the folder's first file
   * @param firstStep from which on readers drop what the files before this have; 0 to drop nothing
   * @throws KlifException when that cannot be written
   */
  public static TensorBoardEvents open(Path folder, String text, long firstStep) {
    try {
      NoLinks.folder(folder);
      long before;
      try (var files = Files.list(folder)) {
        before = files.mapToLong(TensorBoardEvents::number).max().orElse(0);
      }
      Path file = folder.resolve(String.format(Locale.ROOT, "%s%010d.klif", PREFIX, before + 1));
      TensorBoardEvents events = new TensorBoardEvents(file, NoLinks.create(file));
      try {
        events.begin(before == 0 ? text : "", firstStep);
      } catch (KlifException e) {
        events.close();
        throw e;
      }
      return events;
    } catch (IOException e) {
      throw new KlifException(
          "Cannot write events into " + folder + ": " + AtomicFile.reason(e), e);
    }
  }

  /** The number in a file's name, 0 for any other file. */
  private static long number(Path file) {
    String name = file.getFileName().toString();
    return name.matches("events\\.out\\.tfevents\\.\\d{10}\\.klif")
        ? Long.parseLong(name.substring(PREFIX.length(), name.lastIndexOf('.')))
        : 0;
  }

  private void begin(String text, long firstStep) {
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    // readers look for the version in the first record
    record(records, 0, out -> out.writeString(EVENT_FILE_VERSION, "brain.Event:2"));
    if (firstStep > 0) {
      byte[] start = message(out -> out.writeEnum(SESSION_STATUS, SESSION_START));
      record(records, firstStep, out -> out.writeByteArray(EVENT_SESSION_LOG, start));
    }
    if (!text.isEmpty()) {
      byte[] summary = text(text);
      record(records, 0, out -> out.writeByteArray(EVENT_SUMMARY, summary));
    }
    append(records);
  }

  /** A text of TensorBoard is Markdown; lines that are indented stay as they are. */
  private static byte[] text(String text) {
    String indented = text.lines().map(line -> "    " + line).collect(Collectors.joining("\n"));
    byte[] plugin = message(out -> out.writeString(PLUGIN_NAME, "text"));
    byte[] metadata = message(out -> out.writeByteArray(METADATA_PLUGIN, plugin));
    byte[] tensor =
        message(
            out -> {
              out.writeEnum(TENSOR_TYPE, TYPE_STRING);
              out.writeByteArray(TENSOR_SHAPE, new byte[0]);
              out.writeByteArray(TENSOR_STRING, indented.getBytes(StandardCharsets.UTF_8));
            });
    byte[] value =
        message(
            out -> {
              out.writeString(VALUE_TAG, "config");
              out.writeByteArray(VALUE_TENSOR, tensor);
              out.writeByteArray(VALUE_METADATA, metadata);
            });
    return message(out -> out.writeByteArray(SUMMARY_VALUE, value));
  }

  /**
   * Writes the scalars of a step; when this returns, they are in the file.
   *
   * @param scalars by their tags, written as 32-bit floats
   * @throws KlifException when they cannot be written
   */
  public void write(long step, Map<String, Double> scalars) {
    byte[] summary =
        message(
            out -> {
              for (Map.Entry<String, Double> scalar : scalars.entrySet()) {
                byte[] value =
                    message(
                        one -> {
                          one.writeString(VALUE_TAG, scalar.getKey());
                          one.writeFloat(VALUE_SIMPLE, scalar.getValue().floatValue());
                        });
                out.writeByteArray(SUMMARY_VALUE, value);
              }
            });
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    record(records, step, out -> out.writeByteArray(EVENT_SUMMARY, summary));
    append(records);
  }

  private static void record(ByteArrayOutputStream records, long step, Fields what) {
    byte[] event =
        message(
            out -> {
              out.writeDouble(EVENT_WALL_TIME, System.currentTimeMillis() / MILLIS);
              out.writeInt64(EVENT_STEP, step);
              what.write(out);
            });
    ByteBuffer frame =
        ByteBuffer.allocate(FRAME_BYTES + event.length).order(ByteOrder.LITTLE_ENDIAN);
    frame.putLong(event.length);
    frame.putInt(maskedChecksum(frame.array(), Long.BYTES));
    frame.put(event).putInt(maskedChecksum(event, event.length));
    records.writeBytes(frame.array());
  }

  private static int maskedChecksum(byte[] bytes, int length) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, 0, length);
    return Integer.rotateRight((int) checksum.getValue(), MASK_ROTATION) + MASK;
  }

  private static byte[] message(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      fields.write(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  private void append(ByteArrayOutputStream records) {
    try {
      long before = channel.size();
      try {
        records.writeTo(Channels.newOutputStream(channel));
      } catch (IOException e) {
        try {
          channel.truncate(before);
        } catch (IOException again) {
          e.addSuppressed(again);
        }
        throw e;
      }
    } catch (IOException e) {
      throw new KlifException("Cannot write " + file + ": " + AtomicFile.reason(e), e);
    }
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
