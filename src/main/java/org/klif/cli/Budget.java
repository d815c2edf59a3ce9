package org.klif.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.klif.UsageException;

/**
 * Time that may be spent, counted from where this is made.
 *
 * @param begin {@link System#nanoTime} at its beginning
 * @param nanos length
 */
record Budget(long begin, long nanos) {
  /** No end of time. */
  static final Budget UNLIMITED = new Budget(0, Long.MAX_VALUE);

  private static final Pattern TEXT = Pattern.compile("(\\d{1,6})\\s*([smh])");

  /** A time that begins now, from a text such as 90s, 8m or 2h. */
  static Budget parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
      throw new UsageException("--budget takes a time as in 90s, 8m or 2h, not '" + text + "'");
    }
    long number = Long.parseLong(matcher.group(1));
    Duration length =
        switch (matcher.group(2)) {
          case "s" -> Duration.ofSeconds(number);
          case "m" -> Duration.ofMinutes(number);
          default -> Duration.ofHours(number);
        };
    return new Budget(System.nanoTime(), length.toNanos());
  }

  /** Whether it is over. */
  boolean isSpent() {
    return nanos != Long.MAX_VALUE && System.nanoTime() - begin > nanos;
  }
}
