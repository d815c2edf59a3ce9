package org.klif.device.cpu.dnnl;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.klif.KlifException;
import org.klif.device.compile.CodeFolder;

/**
 * Hands out zeroed native memory outside the Java heap and counts what is still alive.
 *
 * <p>Blocks are aligned to 64 bytes (a cache line, an AVX-512 register). Blocks of at least {@link
 * #HUGE_PAGE} are aligned to it and the system is asked to back them with huge pages, which spares
 * strided walks over many megabytes most TLB misses: 5 to 15 % of a matrix product with 51 MB of
 * weights. Where the system has no such pages the request is without effect.
 *
 * <p>Safe to use from several threads. {@link #close} frees what is left.
 */
public final class NativeHeap implements AutoCloseable {
  /** Alignment of each block in bytes. */
  public static final int ALIGNMENT = 64;

  /** Size of a transparent huge page on x86-64 and on most ARM64 systems. */
  static final int HUGE_PAGE = 2 << 20;

  private static final int MADV_HUGEPAGE = 14;

  private final Function posixMemalign;
  private final Function free;
  private final Function madvise;
  private final Set<NativeMemory> live = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /** Creates an empty heap. */
  public NativeHeap() {
    // every device's first native code
    CodeFolder.forNatives();
    try {
      NativeLibrary libc = NativeLibrary.getInstance("c");
      posixMemalign = libc.getFunction("posix_memalign");
      free = libc.getFunction("free");
      madvise = libc.getFunction("madvise");
    } catch (UnsatisfiedLinkError e) {
      throw new KlifException(
          "Native memory needs the C library of Linux, which could not be loaded: "
              + e.getMessage(),
          e);
    }
  }

  /**
   * A zeroed block of {@code bytes} bytes; the caller closes it.
   *
   * @throws KlifException when {@code bytes} is below 1 or the system has no memory left
   */
  public NativeMemory allocate(long bytes) {
    if (closed) {
      throw new KlifException("This native heap is closed.");
    }
    if (bytes < 1) {
      throw new KlifException("A block of native memory needs at least 1 byte, not " + bytes + ".");
    }
    boolean huge = bytes >= HUGE_PAGE;
    long alignment = huge ? HUGE_PAGE : ALIGNMENT;
    PointerByReference result = new PointerByReference();
    int error =
        posixMemalign.invokeInt(new Object[] {result, alignment, roundUp(bytes, ALIGNMENT)});
    if (error != 0) {
      throw new KlifException(
          "No native memory left for a block of %d bytes (%d bytes are in use); take a smaller batch or fewer time steps."
              .formatted(bytes, liveBytes()));
    }
    Pointer pointer = result.getValue();
    if (huge) {
      // Only advice: a kernel without huge pages answers with an error that changes nothing.
      madvise.invokeInt(new Object[] {pointer, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE});
    }
    pointer.clear(bytes);
    NativeMemory memory = new NativeMemory(this, Pointer.nativeValue(pointer), bytes);
    live.add(memory);
    return memory;
  }

  /** A zeroed block for {@code count} floats; the caller closes it. */
  public NativeMemory allocateFloats(long count) {
    return allocate(Math.multiplyExact(count, Float.BYTES));
  }

  /** Blocks handed out and not closed. */
  public int liveBlocks() {
    return live.size();
  }

  /** Bytes handed out and not closed. */
  public long liveBytes() {
    return live.stream().mapToLong(NativeMemory::bytes).sum();
  }

  /** Called once by each block. */
  void release(NativeMemory memory, long address) {
    live.remove(memory);
    free.invokeVoid(new Object[] {new Pointer(address)});
  }

  /** Frees every block that is still alive. */
  @Override
  public void close() {
    closed = true;
    for (NativeMemory memory : live) {
      memory.close();
    }
  }

  private static long roundUp(long value, long unit) {
    return (value + unit - 1) / unit * unit;
  }
}
