package org.klif.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.klif.KlifException;

/**
 * Makes a shared library ask for another one than it was linked with: in a copy of the file, the
 * name in the table of dynamic strings is replaced. That entry serves the list of needed libraries
 * and the list of needed symbol versions; the latter also holds a hash of the name, which is
 * replaced, too. Format: ELF-64, little-endian (System V ABI, LSB "Symbol Versioning").
 */
final class ElfRename {
  private static final int PT_LOAD = 1;
  private static final int PT_DYNAMIC = 2;
  private static final long DT_STRTAB = 5;
  private static final long DT_STRSZ = 10;
  private static final long DT_VERNEED = 0x6ffffffeL;
  private static final long DT_VERNEEDNUM = 0x6fffffffL;

  private final ByteBuffer file;
  private final String from;
  private final String to;

  private ElfRename(byte[] file, String from, String to) {
    this.file = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    this.from = from;
    this.to = to;
  }

  /**
   * A copy of the library that asks for {@code to} where it asked for {@code from}.
   *
   * @param library the file
   * @param from name of the library it needs, the same as the name of the symbol version
   * @param to another name of the same length
   */
  static byte[] apply(byte[] library, String from, String to) {
    if (from.length() != to.length()) {
      throw new IllegalArgumentException("names of two lengths: %s, %s".formatted(from, to));
    }
    byte[] copy = library.clone();
    try {
      new ElfRename(copy, from, to).rename();
    } catch (IndexOutOfBoundsException e) {
      throw new KlifException("a native part of JCuda is damaged; build Klif again", e);
    }
    return copy;
  }

  private void rename() {
    if (file.getInt(0) != 0x464c457f || file.get(4) != 2 || file.get(5) != 1) {
      throw new KlifException("a native part of JCuda is no ELF-64 file; build Klif again");
    }
    int strings = fileOffset(dynamic(DT_STRTAB));
    int size = Math.toIntExact(dynamic(DT_STRSZ));
    if (!replaceString(strings, size)) {
      throw new KlifException("a native part of JCuda does not ask for " + from);
    }
    int need = fileOffset(dynamic(DT_VERNEED));
    for (long left = dynamic(DT_VERNEEDNUM); left > 0; left--) {
      // vn_version 2 bytes, vn_cnt 2, vn_file 4, vn_aux 4, vn_next 4
      int aux = need + file.getInt(need + 8);
      for (int count = Short.toUnsignedInt(file.getShort(need + 2)); count > 0; count--) {
        // vna_hash 4 bytes, vna_flags 2, vna_other 2, vna_name 4, vna_next 4
        if (isAt(strings + file.getInt(aux + 8), to)) {
          file.putInt(aux, hash(to));
        }
        aux += file.getInt(aux + 12);
      }
      need += file.getInt(need + 12);
    }
  }

  /** Replaces the string where it stands as a whole. */
  private boolean replaceString(int start, int size) {
    boolean found = false;
    for (int at = start; at + from.length() < start + size; at++) {
      if (file.get(at - 1) == 0 && isAt(at, from)) {
        file.duplicate().position(at).put(to.getBytes(StandardCharsets.US_ASCII));
        found = true;
      }
    }
    return found;
  }

  private boolean isAt(int at, String text) {
    byte[] wanted = Arrays.copyOf(text.getBytes(StandardCharsets.US_ASCII), text.length() + 1);
    byte[] there = new byte[wanted.length];
    file.duplicate().position(at).get(there);
    return Arrays.equals(wanted, there);
  }

  /** Value of an entry of the dynamic segment. */
  private long dynamic(long tag) {
    int at = Math.toIntExact(file.getLong(programHeader(PT_DYNAMIC, 0) + 8));
    for (; file.getLong(at) != 0; at += 16) {
      if (file.getLong(at) == tag) {
        return file.getLong(at + 8);
      }
    }
    throw new KlifException("a native part of JCuda has no dynamic entry " + tag);
  }

  /** Where an address of the loaded library lies in the file. */
  private int fileOffset(long address) {
    int header = programHeader(PT_LOAD, address);
    return Math.toIntExact(file.getLong(header + 8) + address - file.getLong(header + 16));
  }

  /** The program header of a type; a PT_LOAD has to hold the address. */
  private int programHeader(int type, long address) {
    int first = Math.toIntExact(file.getLong(32));
    int size = Short.toUnsignedInt(file.getShort(54));
    int count = Short.toUnsignedInt(file.getShort(56));
    for (int i = 0; i < count; i++) {
      // p_type 4 bytes, p_flags 4, p_offset 8, p_vaddr 8, p_paddr 8, p_filesz 8
      int at = first + i * size;
      long start = file.getLong(at + 16);
      boolean holds = address >= start && address < start + file.getLong(at + 32);
      if (file.getInt(at) == type && (type != PT_LOAD || holds)) {
        return at;
      }
    }
    throw new KlifException("a native part of JCuda has no segment of type " + type);
  }

  /** The hash of the System V ABI. */
  static int hash(String name) {
    int h = 0;
    for (int i = 0; i < name.length(); i++) {
      h = (h << 4) + name.charAt(i);
      int high = h & 0xf0000000;
      h = (h ^ (high >>> 24)) & ~high;
    }
    return h;
  }
}
