package org.klif.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.klif.KlifException;

/** JSON files that hold one record. What is wrong with one is said in one line. */
public final class JsonFile {
  /**
   * Reads a file.
   *
   * @param json how the record is read
   * @param what messages call it
   * @param largest number of bytes
   * @throws KlifException naming the file and what is wrong with it
   */
  public static <T> T read(Path file, ObjectMapper json, Class<T> type, String what, int largest) {
    byte[] bytes = WholeFile.bytes(file, largest);
    try {
      T value = json.readValue(bytes, type);
      if (value == null) {
        throw new KlifException(file + " holds no " + what);
      }
      return value;
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
      throw new KlifException(file + where + ": " + firstLine(e), e);
    } catch (IOException e) {
      throw new KlifException("Cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /** What is wrong, in one line: in the words of the record where it is the record's. */
  public static String firstLine(JsonProcessingException e) {
    Throwable cause = e.getCause() instanceof IllegalArgumentException ? e.getCause() : e;
    String message =
        cause instanceof JsonProcessingException j ? j.getOriginalMessage() : cause.getMessage();
    return message == null ? "malformed" : message.lines().findFirst().orElse("malformed");
  }

  private JsonFile() {}
}
