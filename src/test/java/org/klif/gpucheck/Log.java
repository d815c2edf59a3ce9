package org.klif.gpucheck;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.klif.KlifException;

/** The output of all steps, one after the other, in one file; lines may come from any thread. */
final class Log implements AutoCloseable {
  private static final int LONGEST_LINE = 2000;

  private final Path file;
  private final BufferedWriter writer;

  /** Goes on at the end of the file, or begins it. */
  Log(Path file) {
    this.file = file;
    try {
      writer =
          Files.newBufferedWriter(
              file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  synchronized void line(String text) {
    try {
      writer.write(text.length() > LONGEST_LINE ? text.substring(0, LONGEST_LINE) + " ..." : text);
      writer.newLine();
      writer.flush();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private KlifException failure(IOException e) {
    return new KlifException("cannot write %s: %s".formatted(file, e.getMessage()), e);
  }

  @Override
  public synchronized void close() {
    try {
      writer.close();
    } catch (IOException e) {
      throw failure(e);
    }
  }
}
