package org.klif.nn;

import com.google.common.base.Ascii;
import org.klif.UsageException;

/**
 * A word of a network's text, or of a macro's.
 *
 * @param column of its first character in the text that it stands in, from 1
 * @param place what that text is called: network, or macros.NAME
 * @param whole that text
 */
record Token(String text, int column, String place, String whole) {
  /** Characters of a word, and of the text around it, that a message shows. */
  private static final int SHOWN = 200;

  private static final int SHOWN_AROUND = 2000;

  /** The same place with another word. */
  Token withText(String other) {
    return new Token(other, column, place, whole);
  }

  /** What is wrong with it, as the rest of a sentence. */
  UsageException wrong(String what) {
    return new UsageException(
        "%s, column %d: '%s' %s (in '%s')"
            .formatted(
                place,
                column,
                Ascii.truncate(text, SHOWN, "..."),
                what,
                Ascii.truncate(whole, SHOWN_AROUND, "...")));
  }
}
