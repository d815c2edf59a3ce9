package org.klif.config;

import com.google.common.base.Ascii;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.klif.UsageException;

/** A setting with a value that it cannot have; knows its key, so that its place can be named. */
public final class InvalidSetting extends UsageException {
  private static final long serialVersionUID = 1L;

  private final String key;

  InvalidSetting(String key, String message) {
    super(key + " " + message);
    this.key = key;
  }

  /** What whoever reads a setting's text found in it. */
  InvalidSetting(String key, UsageException found) {
    super(
        found.getMessage().startsWith(key) ? found.getMessage() : key + ": " + found.getMessage());
    this.key = key;
  }

  String key() {
    return key;
  }

  static void require(boolean valid, String key, String message) {
    if (!valid) {
      throw new InvalidSetting(key, message);
    }
  }

  static void requireAtLeast(int smallest, String key, int value) {
    require(value >= smallest, key, "must be at least %d, not %d".formatted(smallest, value));
  }

  static void requirePositive(String key, double value) {
    float used = (float) value;
    require(
        used > 0 && Float.isFinite(used), key, "must be a number above 0, not " + asUsed(value));
  }

  static void requireNotNegative(String key, double value) {
    require(
        value >= 0 && Float.isFinite((float) value),
        key,
        "must be a number of at least 0, not " + asUsed(value));
  }

  static void requireFraction(String key, double value) {
    require(
        value >= 0 && (float) value < 1,
        key,
        "must be at least 0 and below 1, not " + asUsed(value));
  }

  /** A number, with what it is where it is used where that is at the end of a range. */
  private static String asUsed(double value) {
    float used = (float) value;
    boolean atEnd = used == 0 || used == 1 || Float.isInfinite(used);
    return atEnd && used != value
        ? value + ", which is " + used + " in float32"
        : Double.toString(value);
  }

  static void requireText(String key, String value) {
    require(value != null && !value.isBlank(), key, "is missing");
  }

  /**
   * Reads a text that has a syntax of its own.
   *
   * @param reader throws a {@link UsageException} for what it does not take
   */
  static <T> T read(String key, Supplier<T> reader) {
    try {
      return reader.get();
    } catch (UsageException e) {
      throw new InvalidSetting(key, e);
    }
  }

  /** A text that this system takes for a path; nothing need be there. */
  static void requirePath(String key, String text) {
    try {
      var unused = Path.of(text);
    } catch (InvalidPathException e) {
      throw new InvalidSetting(key, "is not a path: " + e.getReason());
    }
  }

  /** The constant with this token: its name in lower case with '-' for '_'. */
  static <E extends Enum<E>> E choice(String key, String text, E[] constants) {
    List<String> tokens = Arrays.stream(constants).map(InvalidSetting::token).toList();
    int index = tokens.indexOf(text);
    if (index < 0) {
      throw new InvalidSetting(
          key,
          "'%s' is unknown%s; known are %s"
              .formatted(text, Nearest.suggestion(text, tokens), String.join(", ", tokens)));
    }
    return constants[index];
  }

  static String token(Enum<?> constant) {
    return Ascii.toLowerCase(constant.name()).replace('_', '-');
  }
}
