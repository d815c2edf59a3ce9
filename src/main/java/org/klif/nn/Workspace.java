package org.klif.nn;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.klif.device.Buffer;
import org.klif.device.Device;

/**
 * Memory of activations that the plans of a network share, since only one is used at a time. It
 * grows when a plan needs more; memory that a plan was given stays valid until that plan is closed.
 */
final class Workspace implements AutoCloseable {
  private static final class Block {
    final Buffer buffer;
    int users;

    Block(Buffer buffer) {
      this.buffer = buffer;
    }
  }

  /** What one plan was given. */
  static final class Lease implements AutoCloseable {
    private final List<Block> held;
    private boolean closed;

    private Lease(List<Block> held) {
      this.held = held;
      held.forEach(block -> block.users++);
    }

    /** One buffer for each size asked for, at least as large. */
    List<Buffer> buffers() {
      return held.stream().map(block -> block.buffer).toList();
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        held.forEach(block -> block.users--);
      }
    }
  }

  private final Device device;
  private final List<Block> blocks = new ArrayList<>();

  Workspace(Device device) {
    this.device = device;
  }

  /** Memory for the sizes, from what is there where possible. */
  Lease lease(List<Long> sizes) {
    List<Integer> largestFirst =
        IntStream.range(0, sizes.size())
            .boxed()
            .sorted(Comparator.comparing((Integer i) -> sizes.get(i)).reversed())
            .toList();
    Block[] chosen = new Block[sizes.size()];
    List<Block> there = new ArrayList<>(blocks);
    there.sort(Comparator.comparingLong((Block block) -> block.buffer.size()).reversed());
    // largest to largest: if any assignment fits, this one does
    int next = 0;
    boolean grew = false;
    for (int i : largestFirst) {
      if (next < there.size() && there.get(next).buffer.size() >= sizes.get(i)) {
        chosen[i] = there.get(next++);
      } else {
        chosen[i] = new Block(device.allocate(device.activationType(), sizes.get(i)));
        blocks.add(chosen[i]);
        grew = true;
      }
    }
    Lease lease = new Lease(List.of(chosen));
    if (grew) {
      closeUnused();
    }
    return lease;
  }

  /** Bytes of all memory held. */
  long bytes() {
    return blocks.stream().mapToLong(block -> bytes(block.buffer.size())).sum();
  }

  /** Bytes of so many activations. */
  long bytes(long elements) {
    return elements * device.activationType().bytes();
  }

  private void closeUnused() {
    blocks.stream().filter(block -> block.users == 0).forEach(block -> block.buffer.close());
    blocks.removeIf(block -> block.users == 0);
  }

  @Override
  public void close() {
    blocks.forEach(block -> block.buffer.close());
    blocks.clear();
  }
}
