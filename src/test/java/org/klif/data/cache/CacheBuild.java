package org.klif.data.cache;

import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that opens the cache of {@link Samples} in a folder and checks it. Arguments: folder,
 * samples, milliseconds a sample takes. Prints {@code built} or {@code reused}, and {@code right}.
 */
final class CacheBuild {
  private CacheBuild() {}

  public static void main(String[] args) {
    int samples = Integer.parseInt(args[1]);
    long nanos = Long.parseLong(args[2]) * 1_000_000;
    boolean[] built = {false};
    SampleSource source =
        sink -> {
          built[0] = true;
          for (int i = 0; i < samples; i++) {
            int sample = i;
            sink.put(
                Samples.name(i),
                values -> {
                  LockSupport.parkNanos(nanos);
                  Samples.fill(sample, values);
                  return "";
                });
          }
        };
    try (FrameCache cache =
        FrameCache.open(Path.of(args[0]), Samples.KEY, Samples.VALUES, source, 2, new Notes())) {
      System.out.println(built[0] ? "built" : "reused");
      Samples.verify(cache);
      System.out.println("right");
    }
  }

  /** Prints notes. */
  private static final class Notes implements CacheProgress {
    @Override
    public void samples(int done) {}

    @Override
    public void note(String line) {
      System.out.println(line);
    }
  }
}
