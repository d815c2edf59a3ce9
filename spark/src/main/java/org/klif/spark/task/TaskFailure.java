package org.klif.spark.task;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Why a task failed, in a sentence. Spark hands the text of a task's exception to the driver within
 * a longer text of its own; the marks around the sentence let it be found there.
 */
public final class TaskFailure extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final Pattern MARKED = Pattern.compile("<<(.*?)>>", Pattern.DOTALL);

  /** With a sentence. */
  public TaskFailure(String sentence) {
    super("<<" + sentence + ">>", null, false, false);
  }

  /** The sentence in a text of Spark's, or the first line of that text when there is none. */
  public static String sentence(String text) {
    Matcher found = MARKED.matcher(text);
    return found.find() ? found.group(1) : text.lines().findFirst().orElse(text);
  }
}
