package org.klif.data;

import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.klif.data.events.Aedat2Reader;
import org.klif.data.events.Aedat31Reader;
import org.klif.data.events.EventReader;
import org.klif.data.events.EventTotals;
import org.klif.data.events.Events;
import org.klif.data.events.NmnistReader;
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

/** Events per second, in one thread, from the bytes of a recording that is in memory already. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@OperationsPerInvocation(EventReadingBenchmark.EVENTS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EventReadingBenchmark {
  static final int EVENTS = 200_000;

  /** The file format. */
  @Param({"nmnist", "aedat2", "aedat31"})
  String format;

  private EventReader reader;
  private byte[] file;

  /** Makes a recording at random places of an N-MNIST sensor. */
  @Setup
  public void record() {
    switch (format) {
      case "nmnist" -> nmnist();
      case "aedat2" -> aedat2();
      case "aedat31" -> aedat31();
      default -> throw new IllegalArgumentException(format);
    }
  }

  private void nmnist() {
    SplittableRandom random = new SplittableRandom(1);
    ByteBuffer bytes = ByteBuffer.allocate(5 * EVENTS);
    for (int i = 0; i < EVENTS; i++) {
      bytes.put((byte) random.nextInt(34)).put((byte) random.nextInt(34));
      bytes.put((byte) (random.nextInt(2) << 7)).putShort((short) i);
    }
    file = bytes.array();
    reader = new NmnistReader();
  }

  private void aedat2() {
    SplittableRandom random = new SplittableRandom(1);
    byte[] header = "#!AER-DAT2.0\r\n".getBytes(StandardCharsets.US_ASCII);
    ByteBuffer bytes = ByteBuffer.allocate(header.length + 8 * EVENTS).put(header);
    for (int i = 0; i < EVENTS; i++) {
      bytes.putInt(random.nextInt(1 << 15)).putInt(i);
    }
    file = bytes.array();
    reader = new Aedat2Reader();
  }

  /** Packets of 4000 events. */
  private void aedat31() {
    SplittableRandom random = new SplittableRandom(1);
    byte[] header = "#!AER-DAT3.1\r\n#!END-HEADER\r\n".getBytes(StandardCharsets.US_ASCII);
    int perPacket = 4000;
    ByteBuffer bytes =
        ByteBuffer.allocate(header.length + EVENTS / perPacket * 28 + 8 * EVENTS)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(header);
    for (int i = 0; i < EVENTS; i++) {
      if (i % perPacket == 0) {
        bytes.putShort((short) 1).putShort((short) 1).putInt(8).putInt(4).putInt(0);
        bytes.putInt(perPacket).putInt(perPacket).putInt(perPacket);
      }
      bytes.putInt(random.nextInt(128) << 17 | random.nextInt(1 << 9) << 1 | 1).putInt(i);
    }
    file = bytes.array();
    reader = new Aedat31Reader();
  }

  /** Into memory, as training reads a recording. */
  @Benchmark
  public Events read() {
    return reader.read(new ByteArrayInputStream(file), "recording");
  }

  /** Passing by, as {@code klif data stats} does. */
  @Benchmark
  public EventTotals pass() {
    EventTotals totals = new EventTotals(reader);
    reader.read(new ByteArrayInputStream(file), "recording", totals);
    return totals;
  }
}
