package org.klif.gpucheck;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.UsageException;

/**
 * What is asked for.
 *
 * @param device cuda, cuda:N, sim or cpu
 * @param part only this part, all of its steps again; 0 for all that is not done yet
 * @param resume whether to go on with the record in the folder
 * @param minutes no step begins that could end later; 0 for no such limit
 * @param secondsBefore what the script took before it came here: unpacking, a first import of torch
 * @param out folder of the record
 * @param bundle the unpacked bundle
 * @param commit which commit the bundle was built from
 * @param python a Python with torch, or null
 */
record CheckOptions(
    String device,
    int part,
    boolean resume,
    int minutes,
    int secondsBefore,
    Path out,
    Path bundle,
    String commit,
    @Nullable String python) {
  private static final int PARTS = 12;

  /** A part and its start-up take less than ten minutes. */
  private static final int MINUTES = 9;

  static CheckOptions parse(List<String> words) {
    String device = "cuda";
    int part = 0;
    boolean resume = false;
    int minutes = MINUTES;
    int secondsBefore = 0;
    Path out = Path.of("gpu-check-record");
    Path bundle = Path.of(".");
    String commit = "unknown";
    String python = null;
    Deque<String> left = new ArrayDeque<>(words);
    while (!left.isEmpty()) {
      String word = left.pop();
      switch (word) {
        case "--device" -> device = value(word, left);
        case "--part" -> part = number(word, value(word, left), 1, PARTS);
        case "--resume" -> resume = true;
        case "--minutes" -> minutes = number(word, value(word, left), 0, 1000);
        case "--seconds-before" -> secondsBefore = number(word, value(word, left), 0, 9999);
        case "--out" -> out = Path.of(value(word, left));
        case "--bundle" -> bundle = Path.of(value(word, left));
        case "--commit" -> commit = value(word, left);
        case "--python" -> python = value(word, left);
        default -> throw new UsageException("unknown option '" + word + "'");
      }
    }
    if (!device.matches("cuda(:\\d+)?|sim|cpu")) {
      throw new UsageException("--device must be cuda, cuda:N, sim or cpu, not " + device);
    }
    if (part != 0 && resume) {
      throw new UsageException("--part and --resume exclude each other");
    }
    return new CheckOptions(
        device,
        part,
        resume,
        minutes,
        secondsBefore,
        out.toAbsolutePath(),
        bundle.toAbsolutePath(),
        commit,
        python);
  }

  private static String value(String option, Deque<String> left) {
    if (left.isEmpty()) {
      throw new UsageException(option + " needs a value");
    }
    return left.pop();
  }

  private static int number(String option, String text, int least, int most) {
    if (!text.matches("\\d{1,4}")
        || Integer.parseInt(text) < least
        || Integer.parseInt(text) > most) {
      throw new UsageException(
          "%s must be a number from %d to %d, not %s".formatted(option, least, most, text));
    }
    return Integer.parseInt(text);
  }
}
