package org.klif.data.archive;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import org.klif.KlifException;

/**
 * Turns what goes wrong while reading into a {@link KlifException} that names the file. The
 * libraries answer some damage with unchecked exceptions; those are caught as well.
 */
public class NamedInputStream extends FilterInputStream {
  private final String name;

  /**
   * A stream with a name.
   *
   * @param name of the file, for messages
   */
  protected NamedInputStream(InputStream in, String name) {
    super(in);
    this.name = name;
  }

  static KlifException unreadable(String name, Exception e) {
    if (e instanceof KlifException known) {
      return known;
    }
    if (e instanceof NoSuchFileException) {
      return new KlifException(name + " does not exist", e);
    }
    if (e instanceof EOFException) {
      return new KlifException(
          name + " is cut short: its compressed data ends early; get the file again", e);
    }
    return new KlifException(
        "cannot read %s: %s"
            .formatted(
                name, String.valueOf(e.getMessage()).lines().findFirst().orElse("it is damaged")),
        e);
  }

  /** What is said of the file when reading it fails. */
  protected KlifException damaged(Exception e) {
    return unreadable(name, e);
  }

  @Override
  public int read() {
    try {
      return in.read();
    } catch (IOException | RuntimeException e) {
      throw damaged(e);
    }
  }

  @Override
  public int read(byte[] destination, int offset, int length) {
    try {
      return in.read(destination, offset, length);
    } catch (IOException | RuntimeException e) {
      throw damaged(e);
    }
  }

  @Override
  public long skip(long count) {
    try {
      return in.skip(count);
    } catch (IOException | RuntimeException e) {
      throw damaged(e);
    }
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException | RuntimeException e) {
      throw damaged(e);
    }
  }
}
