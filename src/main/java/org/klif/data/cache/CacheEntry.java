package org.klif.data.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/**
 * One sample in a cache's index.
 *
 * @param offset of its bytes in the file
 * @param bytes how many they are
 * @param packing how they hold the values
 * @param crc their CRC-32C
 * @param name of the sample
 */
record CacheEntry(long offset, int bytes, Packing packing, int crc, String name) {
  private static final int WITHOUT_NAME = 24;

  /** The form that {@link #get} reads; all numbers little-endian when the buffer is. */
  void put(ByteBuffer out) {
    byte[] text = name.getBytes(UTF_8);
    out.putLong(offset)
        .putInt(bytes)
        .putInt(packing.code())
        .putInt(crc)
        .putInt(text.length)
        .put(text);
  }

  /** The next entry of an index whose checksum is right. */
  static CacheEntry get(ByteBuffer in) {
    long offset = in.getLong();
    int bytes = in.getInt();
    Packing packing = Packing.ofCode(in.getInt());
    int crc = in.getInt();
    byte[] text = new byte[in.getInt()];
    in.get(text);
    return new CacheEntry(offset, bytes, packing, crc, new String(text, UTF_8));
  }

  /** Bytes that {@link #put} writes. */
  int size() {
    return WITHOUT_NAME + name.getBytes(UTF_8).length;
  }
}
