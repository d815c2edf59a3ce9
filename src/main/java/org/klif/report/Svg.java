package org.klif.report;

import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;

/**
 * Makes XChart's SVG fit for inline use: no header, unique ids, two decimals, consecutive line
 * segments joined into one path, and colours that follow the page.
 */
final class Svg {
  /** Becomes the page's text colour. */
  static final Color TEXT = new Color(1, 2, 3);

  /** Becomes the page's grid colour. */
  static final Color GRID = new Color(3, 2, 1);

  /** Becomes transparent. */
  static final Color NOTHING = new Color(1, 3, 2);

  private static final Pattern DECIMAL = Pattern.compile("-?\\d+\\.\\d+(E-?\\d+)?");
  private static final Pattern SEGMENT =
      Pattern.compile(
          "<line style=\"([^\"]*)\" x1=\"([^\"]*)\" x2=\"([^\"]*)\" y1=\"([^\"]*)\" y2=\"([^\"]*)\"/>");
  private static final Pattern ROOT = Pattern.compile("^.*?<svg[^>]*>", Pattern.DOTALL);
  private static final Pattern BACKGROUND =
      Pattern.compile("<rect [^>]*fill:rgb\\(1,3,2\\)[^>]*/>\\s*");

  /** The chart as an {@code <svg>} element with a description for those who do not see it. */
  static String inline(XYChart chart, String id, String description) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      VectorGraphicsEncoder.saveVectorGraphic(chart, bytes, VectorGraphicsFormat.SVG);
    } catch (IOException e) {
      throw new IllegalStateException("writing into memory failed", e);
    }
    String svg = bytes.toString(StandardCharsets.UTF_8);
    svg = ROOT.matcher(svg).replaceFirst("");
    svg = BACKGROUND.matcher(svg).replaceAll("");
    svg = DECIMAL.matcher(svg).replaceAll(Svg::twoDecimals);
    svg =
        svg.replace("rgb(1,2,3)", "currentColor")
            .replace("rgb(3,2,1)", "var(--grid)")
            .replace("stroke-miterlimit:10;", "")
            .replace("fill:currentColor;stroke:none;", "fill:currentColor")
            .replace("id=\"clip", "id=\"" + id + "-clip")
            .replace("url(#clip", "url(#" + id + "-clip")
            .replaceAll("\\n *", "\n");
    return open(chart.getWidth(), chart.getHeight(), description) + joinSegments(svg).strip();
  }

  /** The start of an inline {@code <svg>} that scales with its figure. */
  static String open(int width, int height, String description) {
    String text = Html.escape(description);
    return String.format(
        "<svg role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %d %d\"><title>%s</title>%n",
        text, width, height, text);
  }

  private static String twoDecimals(MatchResult number) {
    double value = Double.parseDouble(number.group());
    String text = String.format(Locale.ROOT, "%.2f", value);
    int end = text.length();
    while (text.charAt(end - 1) == '0') {
      end--;
    }
    text = text.substring(0, text.charAt(end - 1) == '.' ? end - 1 : end);
    return text.equals("-0") ? "0" : text;
  }

  /** A series of n points comes as n - 1 line elements: one path is smaller and has round joins. */
  private static String joinSegments(String svg) {
    StringBuilder out = new StringBuilder();
    Matcher segment = SEGMENT.matcher(svg);
    int copied = 0;
    String style = null;
    String end = "";
    while (segment.find()) {
      String between = svg.substring(copied, segment.start());
      String start = segment.group(2) + " " + segment.group(4);
      boolean continues = between.isBlank() && segment.group(1).equals(style) && start.equals(end);
      if (!continues) {
        if (style != null) {
          out.append("\"/>");
        }
        out.append(between);
        style = segment.group(1);
        out.append("<path style=\"").append(style).append("\" d=\"M").append(start);
      }
      end = segment.group(3) + " " + segment.group(5);
      out.append(" L").append(end);
      copied = segment.end();
    }
    if (style != null) {
      out.append("\"/>");
    }
    return out.append(svg.substring(copied)).toString();
  }

  private Svg() {}
}
