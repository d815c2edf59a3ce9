package org.klif.data.events;

import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.api.dataset.ContiguousDataset;
import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.klif.KlifException;

/**
 * Looks at what an HDF5 file declares of its lists ahead of reading them: the library takes the
 * memory that a list's heap says it needs, however short the file is.
 *
 * <p>An element of a data set of lists has 16 bytes: the list's length, the address of its heap (8
 * bytes) and a number in there. A heap begins with GCOL, four bytes and its size in 8.
 */
final class VariableLengths {
  private static final int ELEMENT = 16;
  private static final int HEAP_HEADER = 16;
  private static final int GCOL = 0x4C4F4347;

  private final Path file;
  private final long base;
  private final Dataset data;

  /** The chunk that was looked at last: recordings are read in order. */
  private ByteBuffer chunk = ByteBuffer.allocate(0);

  private int chunkNumber = -1;

  /** Of a data set of lists in that file. */
  VariableLengths(Path file, HdfFile hdf, Dataset data) {
    this.file = file;
    this.base = hdf.getUserBlockSize();
    this.data = data;
  }

  /**
   * List {@code i}, an array of numbers.
   *
   * @param longest elements
   * @throws KlifException when it cannot be as long as it says
   */
  Object list(int i, int longest) {
    require(i, longest);
    return Array.get(data.getData(new long[] {i}, new int[] {1}), 0);
  }

  private void require(int i, int longest) {
    ByteBuffer element = element(i);
    long length = Integer.toUnsignedLong(element.getInt(0));
    long heap = element.getLong(4);
    if (length == 0) {
      return;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer header = ByteBuffer.allocate(HEAP_HEADER).order(ByteOrder.LITTLE_ENDIAN);
      long end = channel.size();
      long room = end - base - heap;
      boolean read =
          heap >= 0 && room >= HEAP_HEADER && channel.read(header, base + heap) == HEAP_HEADER;
      long size = read && header.getInt(0) == GCOL ? header.getLong(8) : -1;
      if (size < HEAP_HEADER || size > room || length > longest || length > size) {
        throw new KlifException(
            "%s: recording %d says that it has %d spikes, which the file cannot hold; get the file again"
                .formatted(file, i, length));
      }
    } catch (IOException e) {
      throw new KlifException("cannot read %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private ByteBuffer element(int i) {
    if (data instanceof ContiguousDataset contiguous) {
      return slice(contiguous.getBuffer(), i);
    }
    if (data instanceof ChunkedDataset parts) {
      int each = parts.getChunkDimensions()[0];
      if (chunkNumber != i / each) {
        chunk = ByteBuffer.wrap(parts.getDecompressedChunk(new int[] {i / each * each}));
        chunkNumber = i / each;
      }
      return slice(chunk, i % each);
    }
    throw new KlifException(
        file + " keeps its lists in a way that Klif does not read; write it anew with h5py");
  }

  private static ByteBuffer slice(ByteBuffer elements, int i) {
    return elements.slice(ELEMENT * i, ELEMENT).order(ByteOrder.LITTLE_ENDIAN);
  }
}
