package org.klif.data.archive;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/** An entry of a zip whose size and checksum are compared at its end. */
final class CheckedContent extends CheckedInputStream {
  private final long size;
  private final long sum;
  private long count;

  CheckedContent(InputStream in, long size, long sum) {
    super(in, new CRC32());
    this.size = size;
    this.sum = sum;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
  }

  @Override
  public int read(byte[] destination, int offset, int length) throws IOException {
    int read = super.read(destination, offset, length);
    count += Math.max(read, 0);
    if (count > size || (read < 0 && (count < size || getChecksum().getValue() != sum))) {
      throw new IOException("its size or checksum is not the archive's; get the file again");
    }
    return read;
  }
}
