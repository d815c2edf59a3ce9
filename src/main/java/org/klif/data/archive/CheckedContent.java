package org.klif.data.archive;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;

/** An entry of a zip whose size and checksum are compared at its end. */
final class CheckedContent extends FilterInputStream {
  private final CRC32 crc = new CRC32();
  private final long size;
  private final long sum;
  private long count;

  CheckedContent(InputStream in, long size, long sum) {
    super(in);
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
    int read = in.read(destination, offset, length);
    if (read > 0) {
      crc.update(destination, offset, read);
      count += read;
    }
    if (count > size || (read < 0 && (count < size || crc.getValue() != sum))) {
      throw new IOException("its size or checksum is not the archive's; get the file again");
    }
    return read;
  }

  @Override
  public long skip(long n) throws IOException {
    long left = n;
    byte[] ignored = new byte[4096];
    while (left > 0) {
      int read = read(ignored, 0, (int) Math.min(left, ignored.length));
      if (read < 0) {
        break;
      }
      left -= read;
    }
    return n - left;
  }
}
