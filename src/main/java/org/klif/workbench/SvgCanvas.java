package org.klif.workbench;

import com.google.common.html.HtmlEscapers;
import java.util.Locale;

/** Draws into SVG; needs no fonts of Java's. */
public final class SvgCanvas implements Canvas {
  private static final String FONT = "system-ui, 'DejaVu Sans', Arial, sans-serif";

  private final StringBuilder text = new StringBuilder();

  /**
   * An empty picture.
   *
   * @param description for those who do not see it
   */
  SvgCanvas(int width, int height, String description) {
    text.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %1$d %2$d\" font-family=\"%s\" font-size=\"12\" role=\"img\">%n<title>%s</title>%n",
            width,
            height,
            FONT,
            escaped(description)));
  }

  /** The whole file. */
  String finished() {
    return text + "</svg>\n";
  }

  private static String escaped(String raw) {
    return HtmlEscapers.htmlEscaper().escape(raw);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static String css(int color) {
    return String.format(Locale.ROOT, "#%06x", color);
  }

  @Override
  public void line(double[] x, double[] y, int color, double width) {
    text.append("<path fill=\"none\" stroke-linejoin=\"round\" stroke=\"").append(css(color));
    text.append("\" stroke-width=\"").append(number(width)).append("\" d=\"");
    for (int i = 0; i < x.length; i++) {
      text.append(i == 0 ? 'M' : 'L').append(number(x[i])).append(' ').append(number(y[i]));
    }
    text.append("\"/>\n");
  }

  @Override
  public void area(double x, double y, double width, double height, int color) {
    text.append(
        String.format(
            Locale.ROOT,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>%n",
            x,
            y,
            width,
            height,
            css(color)));
  }

  @Override
  public void dot(double x, double y, double radius, int color) {
    text.append(
        String.format(
            Locale.ROOT,
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>%n",
            x,
            y,
            radius,
            css(color)));
  }

  @Override
  public void text(double x, double y, String words, int color, Anchor anchor, boolean bold) {
    text.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\" text-anchor=\"%s\"%s>%s</text>%n",
            x,
            y,
            css(color),
            anchor.name().toLowerCase(Locale.ROOT),
            bold ? " font-weight=\"bold\"" : "",
            escaped(words)));
  }
}
