package org.klif.data.events;

import com.google.common.primitives.Longs;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.klif.KlifException;
import org.klif.io.BoundedLines;
import org.klif.io.Csv;

/**
 * The labels of a DVS128-Gesture recording: csv with one line of names and then a class of 1..11,
 * start and end in microseconds a line. A gesture has the events with start &lt;= time &lt; end.
 */
public final class GestureLabels {
  /** Number of classes. */
  public static final int CLASSES = 11;

  private static final String HEADER = "class,startTime_usec,endTime_usec";
  private static final int LONGEST_LINE = 200;
  private static final int MOST = 10_000;

  /**
   * One gesture.
   *
   * @param number the class as the file has it, 1..11
   * @param startMicros time of the first event that may belong to it
   * @param endMicros time of the first event that does not any more
   */
  public record Gesture(int number, long startMicros, long endMicros) {
    /** Checks the ranges. */
    public Gesture {
      if (number < 1 || number > CLASSES || startMicros < 0 || endMicros <= startMicros) {
        throw new IllegalArgumentException(
            "class %d from %d to %d is no gesture".formatted(number, startMicros, endMicros));
      }
    }

    /** The class counted from 0. */
    public int label() {
      return number - 1;
    }

    /** True for an event of that time, if it is one of the gesture's recording. */
    public boolean holds(long micros) {
      return micros >= startMicros && micros < endMicros;
    }
  }

  /**
   * Reads such a file.
   *
   * @param name for messages
   * @return the gestures in the file's order
   * @throws KlifException when it cannot be read or a line is no gesture; names the line
   */
  public static List<Gesture> read(InputStream in, String name) {
    List<Gesture> gestures = new ArrayList<>();
    BoundedLines lines =
        new BoundedLines(
            new InputStreamReader(in, StandardCharsets.ISO_8859_1), name, LONGEST_LINE);
    try {
      if (!HEADER.equals(lines.next())) {
        throw new KlifException(
            "%s does not hold labels of DVS128-Gesture: its first line is not %s"
                .formatted(name, HEADER));
      }
      for (String line = lines.next(); line != null; line = lines.next()) {
        if (!line.isBlank()) {
          gestures.add(parse(line, name, lines.number()));
        }
        if (gestures.size() > MOST) {
          throw new KlifException(name + " has more than " + MOST + " gestures");
        }
      }
    } catch (IOException e) {
      throw new KlifException("cannot read %s: %s".formatted(name, e.getMessage()), e);
    }
    if (gestures.isEmpty()) {
      throw new KlifException(name + " holds no gesture");
    }
    return List.copyOf(gestures);
  }

  private static Gesture parse(String line, String name, int number) {
    List<String> parts = Csv.numbers(line);
    Long label = parts.size() == 3 ? Longs.tryParse(parts.get(0)) : null;
    Long start = parts.size() == 3 ? Longs.tryParse(parts.get(1)) : null;
    Long end = parts.size() == 3 ? Longs.tryParse(parts.get(2)) : null;
    if (label == null || start == null || end == null) {
      throw new KlifException(
          "%s: line %d is not a class, a start and an end".formatted(name, number));
    }
    if (label < 1 || label > CLASSES) {
      throw new KlifException(
          "%s: line %d has class %d; classes are 1..%d".formatted(name, number, label, CLASSES));
    }
    if (start < 0 || end <= start) {
      throw new KlifException(
          "%s: line %d starts at %d and ends at %d".formatted(name, number, start, end));
    }
    return new Gesture(label.intValue(), start, end);
  }

  private GestureLabels() {}
}
