package org.klif.config;

import com.google.common.base.Ascii;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Finds the known words that somebody who typed an unknown one may have meant. */
public final class Nearest {
  private static final int MOST = 3;

  /** " (did you mean 'klif'?)", or nothing when no candidate is near. */
  public static String suggestion(String word, Collection<String> candidates) {
    List<String> near = of(word, candidates);
    return near.isEmpty() ? "" : " (did you mean '%s'?)".formatted(String.join("' or '", near));
  }

  /** The candidates within a few edits of the word, or that contain it; the nearest first. */
  public static List<String> of(String word, Collection<String> candidates) {
    String lower = Ascii.toLowerCase(word);
    int limit = Math.max(1, Math.min(3, word.length() / 2));
    return candidates.stream()
        .filter(c -> score(lower, Ascii.toLowerCase(c)) <= limit)
        .sorted(Comparator.comparingInt(c -> score(lower, Ascii.toLowerCase(c))))
        .limit(MOST)
        .toList();
  }

  private static int score(String word, String candidate) {
    // "learningRate" means "optimizer.learningRate"
    if (candidate.endsWith("." + word)) {
      return 0;
    }
    int distance = distance(word, candidate);
    int dot = candidate.lastIndexOf('.');
    if (dot >= 0) {
      distance = Math.min(distance, 1 + distance(word, candidate.substring(dot + 1)));
    }
    return word.length() >= 3 && candidate.contains(word) ? Math.min(distance, 1) : distance;
  }

  /** Levenshtein distance: insertions, deletions and replacements of one letter. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }

  private Nearest() {}
}
