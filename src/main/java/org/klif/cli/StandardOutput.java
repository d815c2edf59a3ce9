package org.klif.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where results go, in UTF-8 on every JDK and in every locale. It remembers what a PrintStream
 * keeps to itself: that something could not be written, for a result that nobody got is no success.
 */
final class StandardOutput extends OutputStream {
  private final OutputStream file;
  private volatile @Nullable IOException failure;

  private StandardOutput(OutputStream file) {
    this.file = file;
  }

  /** Takes the place of System.out. */
  static StandardOutput install() {
    StandardOutput output = new StandardOutput(new FileOutputStream(FileDescriptor.out));
    System.setOut(new PrintStream(new BufferedOutputStream(output), true, StandardCharsets.UTF_8));
    return output;
  }

  /** Why something could not be written, or null. */
  @Nullable IOException failure() {
    return failure;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      file.write(bytes, offset, length);
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }
}
