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
 * @param remark what its source says of it besides
 */
record CacheEntry(long offset, int bytes, Packing packing, int crc, String name, String remark) {
  private static final int WITHOUT_TEXTS = 28;

  /** The form that {@link #get} reads; all numbers little-endian when the buffer is. */
  void put(ByteBuffer out) {
    out.putLong(offset).putInt(bytes).putInt(packing.code()).putInt(crc);
    put(name, out);
    put(remark, out);
  }

  private static void put(String text, ByteBuffer out) {
    byte[] bytes = text.getBytes(UTF_8);
    out.putInt(bytes.length).put(bytes);
  }

  /** The next entry of an index whose checksum is right. */
  static CacheEntry get(ByteBuffer in) {
    long offset = in.getLong();
    int bytes = in.getInt();
    Packing packing = Packing.ofCode(in.getInt());
    int crc = in.getInt();
    return new CacheEntry(offset, bytes, packing, crc, text(in), text(in));
  }

  private static String text(ByteBuffer in) {
    byte[] bytes = new byte[in.getInt()];
    in.get(bytes);
    return new String(bytes, UTF_8);
  }

  /** Bytes that {@link #put} writes. */
  int size() {
    return WITHOUT_TEXTS + name.getBytes(UTF_8).length + remark.getBytes(UTF_8).length;
  }
}
