package org.klif.report;

import java.util.Locale;

/** Numbers as a reader wants them: few digits, a dash where there is none. */
public final class Numbers {
  /** Shown in place of a number that is missing. */
  public static final String NONE = "–";

  private static final String[] LARGE = {"", " k", " M", " G", " T", " P"};
  private static final String[] ENERGY = {" pJ", " nJ", " µJ", " mJ", " J"};

  /** 0.98765 gives {@code 98.77 %}. */
  public static String percent(double share) {
    return percent(share, 2);
  }

  /** A share of 1 in percent with so many decimals. */
  public static String percent(double share, int decimals) {
    return Double.isFinite(share) ? fixed(100 * share, decimals) + " %" : NONE;
  }

  /** So many decimals. */
  public static String fixed(double value, int decimals) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%." + decimals + "f", value) : NONE;
  }

  /** Four significant digits, without an exponent where that is short. */
  public static String significant(double value) {
    double size = Math.abs(value);
    if (!Double.isFinite(value)) {
      return NONE;
    }
    if (size != 0 && (size < 1e-3 || size >= 1e6)) {
      return String.format(Locale.ROOT, "%.2e", value);
    }
    int digitsBeforePoint = size == 0 ? 1 : (int) Math.floor(Math.log10(size)) + 1;
    return fixed(value, Math.max(0, 4 - digitsBeforePoint));
  }

  /** As few digits as the number needs, at most 6. */
  public static String plain(double value) {
    double size = Math.abs(value);
    if (size < 1e-12) {
      return "0";
    }
    if (size < 1e-4 || size >= 1e7) {
      return String.format(Locale.ROOT, "%.1e", value);
    }
    String text = String.format(Locale.ROOT, "%.6f", value);
    int end = text.length();
    while (text.charAt(end - 1) == '0') {
      end--;
    }
    return text.substring(0, text.charAt(end - 1) == '.' ? end - 1 : end);
  }

  /** A count with thousands set apart: {@code 1 234 567}. */
  public static String whole(double count) {
    return Double.isFinite(count)
        ? String.format(Locale.ROOT, "%,.0f", count).replace(',', '\u202F')
        : NONE;
  }

  /** A count of operations: {@code 12.3 M}. */
  public static String operations(double count) {
    return scaled(count, LARGE);
  }

  /** An energy given in picojoules: {@code 1.23 µJ}. */
  public static String energy(double picojoules) {
    return scaled(picojoules, ENERGY);
  }

  private static String scaled(double value, String[] units) {
    if (!Double.isFinite(value)) {
      return NONE;
    }
    int unit = 0;
    double rest = value;
    while (Math.abs(rest) >= 999.5 && unit < units.length - 1) {
      rest /= 1000;
      unit++;
    }
    int decimals = rest == 0 ? 0 : Math.abs(rest) >= 99.95 ? 0 : Math.abs(rest) >= 9.995 ? 1 : 2;
    if (unit == 0 && rest == Math.rint(rest)) {
      decimals = 0;
    }
    return fixed(rest, decimals) + units[unit];
  }

  private Numbers() {}
}
