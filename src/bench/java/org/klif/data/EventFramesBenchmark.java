package org.klif.data;

import java.util.concurrent.TimeUnit;
import org.klif.data.events.Events;
import org.klif.data.frames.EventAugmentation;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.Frames;
import org.klif.data.frames.Sensor;
import org.klif.data.random.SampleRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Events per second, in one thread, from a recording as long as one of CIFAR10-DVS to frames (10,
 * 2, 128, 128). The places are random, which is the worst case for the processor's caches.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@OperationsPerInvocation(EventFramesBenchmark.EVENTS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EventFramesBenchmark {
  static final int EVENTS = 200_000;
  private static final int SIDE = 128;

  private final float[] frames = new float[10 * 2 * SIDE * SIDE];
  private Events events;
  private long epoch;

  /** One way of making frames. */
  @State(Scope.Thread)
  public static class Rule {
    /** The rule's text. */
    @Param({"count(10)", "time(10)", "duration(10,50000)", "voxel(10)", "surface(10,50000)"})
    String text;

    private FrameRule rule;

    /** Reads the text. */
    @Setup
    public void parse() {
      rule = FrameRule.parse(text);
    }
  }

  /** One change of a recording. */
  @State(Scope.Thread)
  public static class Change {
    /** The augmentation's text. */
    @Param({"flip", "nda(5,15,15,8)", "jitter(1000)", "drop(0.1)"})
    String text;

    private EventAugmentation augmentation;

    /** Reads the text. */
    @Setup
    public void parse() {
      augmentation = EventAugmentation.parse(text);
    }
  }

  /** Makes a recording of about a second. */
  @Setup
  public void record() {
    events = recording(EVENTS, SIDE, 9);
  }

  /** A recording at random places, with gaps of 0 to {@code gap} microseconds. */
  static Events recording(int size, int side, int gap) {
    SampleRandom random = new SampleRandom(1);
    Events.Builder builder = Events.builder("benchmark");
    long time = 0;
    for (int i = 0; i < size; i++) {
      builder.accept(random.nextInt(side), random.nextInt(side), random.nextInt(2), time);
      time += random.nextInt(gap + 1);
    }
    return builder.build();
  }

  /** Accumulates. */
  @Benchmark
  public float[] accumulate(Rule rule) {
    Frames.accumulate(events, rule.rule, Sensor.camera(SIDE, SIDE), frames);
    return frames;
  }

  /** Filters. */
  @Benchmark
  public Events denoise() {
    return new EventFilter.Denoise(5000).apply(events, SIDE, SIDE);
  }

  /** Augments. */
  @Benchmark
  public Events augment(Change change) {
    return change.augmentation.apply(events, SIDE, SIDE, new SampleRandom(1, epoch++));
  }
}
