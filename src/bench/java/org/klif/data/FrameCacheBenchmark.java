package org.klif.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.klif.data.cache.CacheKey;
import org.klif.data.cache.CacheProgress;
import org.klif.data.cache.FrameCache;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.Frames;
import org.klif.data.frames.Sensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Samples per second that one thread reads from a cache whose pages are in memory, checksum
 * included, for frames of the sizes of N-MNIST (10, 2, 34, 34) and CIFAR10-DVS (10, 2, 128, 128).
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FrameCacheBenchmark {
  private static final int SAMPLES = 500;
  private static final FrameRule RULE = FrameRule.byCount(10);

  /** Rows and columns. */
  @Param({"34", "128"})
  int side;

  private Path folder;
  private FrameCache cache;
  private float[] frames;
  private int next;

  /** Builds a cache of recordings with 4 events a pixel; it is packed in nibbles. */
  @Setup
  public void build() throws IOException {
    folder = Files.createTempDirectory("klif-cache");
    Sensor camera = Sensor.camera(side, side);
    frames = new float[Frames.values(RULE, camera)];
    cache =
        FrameCache.open(
            folder,
            CacheKey.of(Map.of("reader", "benchmark")),
            frames.length,
            sink -> {
              for (int i = 0; i < SAMPLES; i++) {
                sink.put(
                    "sample " + i,
                    out -> {
                      Frames.accumulate(
                          EventFramesBenchmark.recording(4 * side * side, side, 9),
                          RULE,
                          camera,
                          out);
                      return "";
                    });
              }
            },
            2,
            CacheProgress.none());
  }

  /** Removes the cache. */
  @TearDown
  public void remove() throws IOException {
    cache.close();
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  /** Reads one sample after the other. */
  @Benchmark
  public float[] read() {
    cache.read(next, frames, 0);
    next = (next + 1) % SAMPLES;
    return frames;
  }
}
