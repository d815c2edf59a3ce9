package org.klif.data.events;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.klif.KlifException;
import org.klif.data.events.Recordings.Event;

/** What was written in a publisher's format is read back exactly; what is damaged is refused. */
class EventReadersTest {
  private static final int EVENTS = 20_000;

  @Test
  void nmnist() {
    // steps of up to 1 ms: 10 s in all, past the 8.4 s of 23 bits
    List<Event> written = Recordings.random(1, EVENTS, 34, 100, 1000);
    assertTrue(written.get(EVENTS - 1).micros() > 1 << 23);
    byte[] file = Recordings.nmnist(written);
    assertTrue(file.length > 5 * EVENTS, "no overflow event was written");
    assertEvents(written, read(new NmnistReader(), file));
  }

  @Test
  void anOverflowEventCountsForAllLaterOnesOnly() {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    Recordings.nmnistEvent(file, 3, 4, 1, 7);
    Recordings.nmnistEvent(file, 99, 240, 1, 5);
    Recordings.nmnistEvent(file, 33, 33, 0, 7);
    Recordings.nmnistEvent(file, 0, 240, 0, 0);
    Recordings.nmnistEvent(file, 0, 0, 1, (1 << 23) - 1);
    assertEvents(
        List.of(
            new Event(3, 4, 1, 7), new Event(33, 33, 0, 8199), new Event(0, 0, 1, 16384 + 8388607)),
        read(new NmnistReader(), file.toByteArray()));
  }

  @Test
  void nmnistBeyondTheSensor() {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    Recordings.nmnistEvent(file, 3, 4, 1, 7);
    Recordings.nmnistEvent(file, 34, 4, 1, 7);
    assertFails(
        new NmnistReader(),
        file.toByteArray(),
        "not an N-MNIST recording: the event at byte 5 lies at x 34, y 4; the sensor has 34x34"
            + " pixels");
    assertFails(new NmnistReader(), new byte[0], "the recording is empty");
  }

  @Test
  void aedat2() {
    // starts 1 s before 2^32 microseconds
    List<Event> written = Recordings.random(2, EVENTS, 128, (1L << 32) - 1_000_000, 200);
    byte[] file = Recordings.aedat2(written);
    List<Event> stored = new ArrayList<>();
    new Aedat2Reader()
        .read(
            new ByteArrayInputStream(file),
            "made",
            (x, y, polarity, micros) -> stored.add(new Event(x, y, polarity, micros)));
    assertTrue(stored.get(EVENTS - 1).micros() < stored.get(0).micros(), "no time wrapped");
    Events read = read(new Aedat2Reader(), file);
    assertEvents(written, read);
    assertEquals(Disorder.NONE, read.disorder());
    List<Event> flipped = new ArrayList<>();
    EventSink flip =
        Cifar10Dvs.flipped(
            (x, y, polarity, micros) -> flipped.add(new Event(x, y, polarity, micros)));
    for (Event e : written) {
      flip.accept(e.x(), e.y(), e.polarity(), e.micros());
    }
    assertEquals(
        written.stream()
            .map(e -> new Event(127 - e.y(), 127 - e.x(), 1 - e.polarity(), e.micros()))
            .toList(),
        flipped);
  }

  @Test
  void eventsThatAreLateAtTheWrap() {
    // 2^32 is passed twice; the third and the last but one are from ahead of it
    long range = 1L << 32;
    List<Event> written = new ArrayList<>();
    for (long time :
        new long[] {
          range - 10,
          range + 2,
          range - 3,
          range + 4,
          range + 2_000_000_000L,
          range + 4_000_000_000L,
          2 * range - 1,
          2 * range + 1,
          2 * range - 1,
          2 * range + 5
        }) {
      written.add(new Event(1, 2, 1, time));
    }
    Events read = read(new Aedat2Reader(), Recordings.aedat2(written));
    assertEquals(new Disorder(2, 2, range + 2, range - 3), read.disorder());
    written.sort(Comparator.comparingLong(Event::micros));
    assertEvents(written, read);
  }

  @Test
  void otherBitsOfAnAedat2AddressAreIgnored() {
    byte[] file = Recordings.aedat2(List.of(new Event(127, 1, 0, 0xFFFF_FFFFL)));
    file[file.length - 8] = (byte) 0xFF;
    file[file.length - 7] = (byte) 0xFF;
    file[file.length - 6] |= (byte) 0x80;
    assertEvents(List.of(new Event(127, 1, 0, 0xFFFF_FFFFL)), read(new Aedat2Reader(), file));
  }

  @Test
  void anAddressThatLooksLikeAHeaderLine() {
    // address 0x2300 0000 begins with '#'; the line that ends the header keeps it an event
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(ascii("#!AER-DAT2.0\r\n#End Of ASCII Header\r\n"));
    file.writeBytes(new byte[] {'#', 0, 0x05, 0x07, 0, 0, 1, 0});
    assertEvents(List.of(new Event(3, 5, 1, 256)), read(new Aedat2Reader(), file.toByteArray()));
  }

  @Test
  void aSmallStepBackIsNoWrap() {
    List<Event> written =
        List.of(new Event(0, 0, 0, 5000), new Event(1, 0, 0, 4000), new Event(2, 0, 0, 6000));
    Events events = read(new Aedat2Reader(), Recordings.aedat2(written));
    assertEvents(List.of(written.get(1), written.get(0), written.get(2)), events);
    assertEquals(new Disorder(1, 1, 5000, 4000), events.disorder());
  }

  @Test
  void aedat31() {
    // past 2^31 microseconds, so that the overflow counter moves; 7 is no divisor of the count
    List<Event> written = Recordings.random(3, EVENTS, 128, (1L << 31) - 1_000_000, 200);
    for (int perPacket : new int[] {7, 4096, EVENTS}) {
      assertEvents(written, read(new Aedat31Reader(), Recordings.aedat31(written, perPacket)));
    }
    List<Event> late = List.of(new Event(32767, 32767, 1, 5 * (1L << 31) + 17));
    assertEvents(late, read(new Aedat31Reader(), Recordings.aedat31(late, 1)));
  }

  @Test
  void aPacketMayHaveRoomLeft() {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(Recordings.aedat31Header());
    Recordings.packetHeader(file, 1, 8, 4, 0, 3, 1);
    file.writeBytes(new byte[] {(byte) 0b1011, 0, 6, 0, 9, 0, 0, 0});
    file.writeBytes(new byte[16]);
    Recordings.packetHeader(file, 1, 8, 4, 2, 1, 1);
    file.writeBytes(new byte[] {0, 0, 2, 0, 0, 0, 0, 0});
    assertEvents(
        List.of(new Event(3, 2, 1, 9), new Event(1, 0, 0, 1L << 32)),
        read(new Aedat31Reader(), file.toByteArray()));
  }

  @Test
  void aPacketThatClaimsTooMuchCostsNothing() {
    for (int type : new int[] {1, 3}) {
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      file.writeBytes(Recordings.aedat31Header());
      int at = file.size() + 28;
      Recordings.packetHeader(file, type, 8, 4, 0, Integer.MAX_VALUE, Integer.MAX_VALUE);
      file.writeBytes(new byte[4]);
      assertFails(
          new Aedat31Reader(),
          file.toByteArray(),
          type == 1
              ? "the event at byte %d has 4 of 8 bytes".formatted(at)
              : "the packet of type 3 at byte %d has 4 of 17179869176 bytes".formatted(at));
    }
  }

  @Test
  void damagedPacketHeaders() {
    assertHeaderFails(1, 8, 4, 0, 1, 2, "capacity 1, number 2");
    assertHeaderFails(1, 9, 4, 0, 1, 1, "gives polarity events 9 bytes with the time at 4");
    assertHeaderFails(1, 8, 0, 0, 1, 1, "gives polarity events 8 bytes with the time at 0");
    assertHeaderFails(1, 8, 4, 1L << 31, 1, 1, "overflows 2147483648");
    assertHeaderFails(1, 8, 4, 0, 0xFFFF_FFFFL, 1, "capacity 4294967295");
    assertHeaderFails(2, 1L << 31, 4, 0, 1, 1, "event size 2147483648");
  }

  private static void assertHeaderFails(
      int type, long bytes, long offset, long overflows, long capacity, long number, String says) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(Recordings.aedat31Header());
    String at = "the packet header at byte " + file.size();
    Recordings.packetHeader(file, type, bytes, offset, overflows, capacity, number);
    file.writeBytes(new byte[8]);
    assertFails(new Aedat31Reader(), file.toByteArray(), says);
    assertFails(new Aedat31Reader(), file.toByteArray(), at);
  }

  @Test
  void aTimeOf32BitsInAedat31() {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(Recordings.aedat31Header());
    Recordings.packetHeader(file, 1, 8, 4, 0, 1, 1);
    file.writeBytes(new byte[] {0, 0, 0, 0, 0, 0, 0, (byte) 0x80});
    assertFails(new Aedat31Reader(), file.toByteArray(), "has the time 2147483648");
  }

  @Test
  void cutShortAtAnyByte() {
    List<Event> three = Recordings.random(4, 3, 34, 0, 10);
    cut(new NmnistReader(), Recordings.nmnist(three), 0, 5, "event");
    byte[] aedat2 = Recordings.aedat2(three);
    cut(new Aedat2Reader(), aedat2, aedat2.length - 24, 8, "event");
    byte[] aedat31 = Recordings.aedat31(three, 3);
    int header = Recordings.aedat31Header().length;
    for (int length = header + 1; length < header + 28; length++) {
      assertFails(
          new Aedat31Reader(),
          Arrays.copyOf(aedat31, length),
          "the packet header at byte %d has %d of 28 bytes (the recording ends at byte %d)"
              .formatted(header, length - header, length));
    }
    for (int length = header + 28; length < header + 52; length++) {
      int event = header + 28 + (length - header - 28) / 8 * 8;
      assertFails(
          new Aedat31Reader(),
          Arrays.copyOf(aedat31, length),
          "the event at byte %d has %d of 8 bytes".formatted(event, length - event));
    }
    assertFails(new Aedat31Reader(), Arrays.copyOf(aedat31, 20), "its header line at byte 14");
  }

  private static void cut(EventReader reader, byte[] file, int first, int size, String what) {
    for (int length = first + 1; length < file.length; length++) {
      int event = first + (length - first) / size * size;
      byte[] part = Arrays.copyOf(file, length);
      if (event == length) {
        assertEquals((length - first) / size, read(reader, part).size());
      } else {
        assertFails(
            reader,
            part,
            "is cut short: the %s at byte %d has %d of %d bytes (the recording ends at byte %d)"
                .formatted(what, event, length - event, size, length));
      }
    }
  }

  @Test
  void anotherFormat() {
    byte[] aedat2 = Recordings.aedat2(List.of());
    byte[] aedat31 = Recordings.aedat31(List.of(), 1);
    assertFails(new Aedat2Reader(), aedat31, "does not begin with #!AER-DAT2.0");
    assertFails(new Aedat31Reader(), aedat2, "does not begin with #!AER-DAT3.1");
    assertFails(new Aedat2Reader(), new byte[0], "not an AEDAT 2.0 recording");
    assertFails(new NmnistReader(), aedat2, "not an N-MNIST recording");
    assertEquals(0, read(new Aedat2Reader(), aedat2).size());
    assertEquals(0, read(new Aedat31Reader(), aedat31).size());
  }

  @Test
  void aStreamThatFailsOrGivesLittleAtATime() {
    byte[] file = Recordings.aedat31(Recordings.random(5, 100, 128, 0, 10), 9);
    InputStream drops =
        new ByteArrayInputStream(file) {
          @Override
          public int read(byte[] destination, int offset, int length) {
            return super.read(destination, offset, Math.min(length, 3));
          }
        };
    assertEquals(100, new Aedat31Reader().read(drops, "drops").size());
    InputStream broken =
        new FilterInputStream(InputStream.nullInputStream()) {
          @Override
          public int read(byte[] destination, int offset, int length) throws IOException {
            throw new IOException("the disk is gone");
          }
        };
    KlifException e =
        assertThrows(KlifException.class, () -> new NmnistReader().read(broken, "broken.bin"));
    assertEquals("cannot read broken.bin from byte 0 on: the disk is gone", e.getMessage());
  }

  @Test
  void slicesAndWindows() {
    List<Event> written =
        List.of(
            new Event(1, 2, 0, 10),
            new Event(2, 3, 1, 20),
            new Event(3, 4, 0, 15),
            new Event(4, 5, 1, 20),
            new Event(5, 6, 0, 30));
    Events events = read(new Aedat2Reader(), Recordings.aedat2(written));
    // those of one time keep the order of the file
    List<Event> ordered =
        List.of(written.get(0), written.get(2), written.get(1), written.get(3), written.get(4));
    assertEvents(ordered, events);
    assertEvents(ordered.subList(1, 4), events.slice(1, 4));
    assertEvents(ordered.subList(1, 4), events.window(15, 30));
    assertEvents(ordered.subList(1, 2), events.slice(1, 4).window(10, 20));
    assertEvents(List.of(), events.window(21, 30));
    assertEvents(List.of(), events.window(30, 15));
    assertEvents(ordered, events.window(0, Long.MAX_VALUE));
    assertThrows(IndexOutOfBoundsException.class, () -> events.slice(1, 4).x(3));
    assertThrows(IndexOutOfBoundsException.class, () -> events.slice(1, 6));
    assertThrows(IllegalArgumentException.class, () -> Events.builder("a").accept(32768, 0, 0, 0));
  }

  @Test
  void gestures() {
    byte[] csv = Recordings.gestureLabels(new long[][] {{1, 100, 200}, {11, 200, 300}});
    List<GestureLabels.Gesture> gestures = labels(csv);
    assertEquals(
        List.of(new GestureLabels.Gesture(1, 100, 200), new GestureLabels.Gesture(11, 200, 300)),
        gestures);
    assertEquals(10, gestures.get(1).label());
    GestureLabels.Gesture first = gestures.get(0);
    assertFalse(first.holds(99) || first.holds(200));
    assertTrue(first.holds(100) && first.holds(199));
  }

  @Test
  void damagedLabels() {
    String header = "class,startTime_usec,endTime_usec\n";
    assertLabelsFail("", "its first line is not");
    assertLabelsFail("1,2,3\n", "its first line is not");
    assertLabelsFail(header, "holds no gesture");
    assertLabelsFail(header + "1,5\n", "line 2 is not a class, a start and an end");
    assertLabelsFail(header + "1,5,x\n", "line 2 is not");
    assertLabelsFail(header + "1,5,6\n12,5,6\n", "line 3 has class 12; classes are 1..11");
    assertLabelsFail(header + "0,5,6\n", "class 0");
    assertLabelsFail(header + "1,6,6\n", "line 2 starts at 6 and ends at 6");
    assertLabelsFail(header + "1,-6,6\n", "line 2 starts at -6");
    assertLabelsFail(header + "9".repeat(300), "line 2 is longer than 200 characters");
    assertEquals(1, labels(ascii(header.replace("\n", "\r\n") + "1, 5, 6\r\n\r\n")).size());
  }

  private static void assertLabelsFail(String csv, String says) {
    KlifException e = assertThrows(KlifException.class, () -> labels(ascii(csv)));
    assertTrue(e.getMessage().startsWith("labels.csv"), e.getMessage());
    assertTrue(e.getMessage().contains(says), e.getMessage());
  }

  private static List<GestureLabels.Gesture> labels(byte[] csv) {
    return GestureLabels.read(new ByteArrayInputStream(csv), "labels.csv");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static Events read(EventReader reader, byte[] file) {
    return reader.read(new ByteArrayInputStream(file), "made");
  }

  private static void assertFails(EventReader reader, byte[] file, String says) {
    KlifException e = assertThrows(KlifException.class, () -> read(reader, file));
    assertTrue(e.getMessage().startsWith("made"), e.getMessage());
    assertTrue(e.getMessage().contains(says), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }

  private static void assertEvents(List<Event> expected, Events events) {
    assertEquals(expected.size(), events.size());
    for (int i = 0; i < events.size(); i++) {
      assertEquals(
          expected.get(i),
          new Event(events.x(i), events.y(i), events.polarity(i), events.micros(i)),
          "event " + i);
    }
  }
}
