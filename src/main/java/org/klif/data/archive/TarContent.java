package org.klif.data.archive;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The bytes of a tar on their way to the library, which takes a tar that is cut between two entries
 * for a whole one: this notices that the closing blocks of zeros are absent.
 */
final class TarContent extends FilterInputStream {
  private static final int BLOCK = 512;

  /** How many of the bytes read last are 0, as far as they were read and not skipped. */
  private long zeros;

  TarContent(InputStream in) {
    super(in);
  }

  /**
   * Reads what is left, so that checksums behind it are compared.
   *
   * @return whether the tar was closed
   */
  boolean finish() throws IOException {
    transferTo(OutputStream.nullOutputStream());
    return zeros >= BLOCK;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
  }

  @Override
  public int read(byte[] destination, int offset, int length) throws IOException {
    int read = in.read(destination, offset, length);
    int tail = 0;
    while (tail < read && destination[offset + read - 1 - tail] == 0) {
      tail++;
    }
    if (read >= 0) {
      zeros = tail == read ? zeros + read : tail;
    }
    return read;
  }

  @Override
  public long skip(long count) throws IOException {
    zeros = 0;
    return in.skip(count);
  }
}
