package org.klif.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import org.klif.KlifException;
import org.klif.data.FuzzTargets.Target;

/**
 * Damaged files of every format: whatever the bytes, a reader ends at once, with little memory, and
 * either reads them or says in one line what is wrong. A million inputs, some minutes:
 *
 * <pre>mvn -B test -Dtest=ReaderFuzzTest -Dklif.fuzz.inputs=1000000</pre>
 *
 * Input i is the same in every run; {@code -Dklif.fuzz.first=i -Dklif.fuzz.inputs=1} repeats it.
 */
class ReaderFuzzTest {
  private static final long INPUTS = Long.getLong("klif.fuzz.inputs", 20_000);
  private static final long FIRST = Long.getLong("klif.fuzz.first", 0);

  /**
   * Bytes a reader may allocate for a file of at most 16 KiB. Of the limit 16 MiB is what 16 KiB of
   * gzip can at most unfold to (1032:1); growing to that by doubling allocates less than twice as
   * much more.
   */
  private static final long LARGEST_ALLOCATION = 64L << 20;

  private static final long LONGEST_SECONDS = 20;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final AtomicLong current = new AtomicLong(FIRST);
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  /** In memory where there is such a folder: a million files are written, each over the last. */
  static final class Memory implements TempDirFactory {
    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context)
        throws IOException {
      Path memory = Path.of("/dev/shm");
      return Files.isWritable(memory)
          ? Files.createTempDirectory(memory, "klif-fuzz")
          : Files.createTempDirectory("klif-fuzz");
    }
  }

  @TempDir(factory = Memory.class)
  Path folder;

  @Test
  void onlyCleanErrors() throws InterruptedException {
    List<Target> targets = FuzzTargets.all(folder);
    long[] accepted = new long[targets.size()];
    long[] refused = new long[targets.size()];
    long[] allocated = new long[targets.size()];
    long[] nanos = new long[targets.size()];
    Thread worker =
        new Thread(() -> readAll(targets, accepted, refused, allocated, nanos), "fuzzing");
    worker.setDaemon(true);
    worker.start();
    long seen = -1;
    while (worker.isAlive()) {
      worker.join(TimeUnit.SECONDS.toMillis(LONGEST_SECONDS));
      if (worker.isAlive() && seen == current.get()) {
        fail(at(targets, seen) + " hangs in " + List.of(worker.getStackTrace()));
      }
      seen = current.get();
    }
    if (failure.get() != null) {
      throw new AssertionError(at(targets, current.get()), failure.get());
    }
    for (int t = 0; t < targets.size(); t++) {
      String figures =
          "%-16s %7d read, %7d refused, at most %8d bytes allocated, %d ms"
              .formatted(
                  targets.get(t).name(), accepted[t], refused[t], allocated[t], nanos[t] / 1000000);
      System.out.println(figures);
      // a fuzzer whose inputs are all good or all bad looks at nothing
      assertTrue(INPUTS < 1000 || (accepted[t] > 0 && refused[t] > 0), figures);
    }
  }

  private void readAll(
      List<Target> targets, long[] accepted, long[] refused, long[] allocated, long[] nanos) {
    try {
      for (long i = FIRST; i < FIRST + INPUTS; i++) {
        current.set(i);
        int t = (int) (i % targets.size());
        byte[] input = input(targets.get(t), i);
        long start = System.nanoTime();
        long before = threads.getCurrentThreadAllocatedBytes();
        if (reads(targets.get(t), input)) {
          accepted[t]++;
        } else {
          refused[t]++;
        }
        nanos[t] += System.nanoTime() - start;
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(bytes <= LARGEST_ALLOCATION, bytes + " bytes were allocated");
        allocated[t] = Math.max(allocated[t], bytes);
      }
    } catch (Throwable e) {
      failure.set(e);
    }
  }

  private static byte[] input(Target target, long i) throws IOException {
    Mutator mutator = new Mutator(i * 0x9E3779B97F4A7C15L);
    if (mutator.chance(25)) {
      List<byte[]> packed =
          List.of(target.packing().pack(target.seeds().get((int) (i % target.seeds().size()))));
      return mutator.next(packed);
    }
    return target.packing().pack(mutator.next(target.seeds()));
  }

  private static boolean reads(Target target, byte[] input) throws IOException {
    try {
      target.reading().read(input);
      return true;
    } catch (KlifException e) {
      assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      return false;
    }
  }

  private static String at(List<Target> targets, long i) {
    return "input %d (%s)".formatted(i, targets.get((int) (i % targets.size())).name());
  }
}
