package org.klif.chart;

import java.util.Locale;

/** Draws into SVG; needs no fonts of Java's. */
final class SvgCanvas implements Canvas {
  private final StringBuilder out = new StringBuilder();
  private final boolean page;

  /**
   * An empty picture.
   *
   * @param page within a page, whose width, font and colours it takes
   */
  SvgCanvas(Drawing drawing, boolean page) {
    this.page = page;
    int width = drawing.width();
    int height = drawing.height();
    String words = Xml.escape(drawing.description());
    out.append("<svg role=\"img\" aria-label=\"").append(words).append("\" viewBox=\"0 0 ");
    out.append(width).append(' ').append(height).append("\" font-size=\"");
    out.append(page ? "11\"" : "12\" font-family=\"system-ui, 'DejaVu Sans', Arial, sans-serif\"");
    if (!page) {
      out.append(" xmlns=\"http://www.w3.org/2000/svg\" width=\"").append(width);
      out.append("\" height=\"").append(height).append('"');
    }
    out.append("><title>").append(words).append("</title>\n");
  }

  /** The whole element. */
  String finished() {
    return out.append("</svg>\n").toString();
  }

  /** At most one decimal: a tenth of a pixel is not seen. */
  private static String number(double value) {
    double rounded = Math.rint(10 * value) / 10;
    return rounded == Math.rint(rounded) ? Long.toString((long) rounded) : rounded + "";
  }

  private String color(Ink ink) {
    return page ? ink.css() : ink.hex();
  }

  /** Adds {@code name="value"}. */
  private SvgCanvas with(String name, String value) {
    out.append(' ').append(name).append("=\"").append(value).append('"');
    return this;
  }

  private SvgCanvas with(String name, double value) {
    return with(name, number(value));
  }

  private SvgCanvas element(String name) {
    out.append('<').append(name);
    return this;
  }

  private static String path(double[] x, double[] y) {
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < x.length; i++) {
      path.append(i == 0 ? 'M' : 'L').append(number(x[i])).append(' ').append(number(y[i]));
    }
    return path.toString();
  }

  @Override
  public void line(double[] x, double[] y, Ink ink, double width, double... dashes) {
    element("path").with("fill", "none").with("stroke", color(ink)).with("stroke-width", width);
    if (dashes.length > 0) {
      with("stroke-dasharray", number(dashes[0]) + " " + number(dashes[1]));
    }
    with("stroke-linejoin", "round").with("d", path(x, y)).out.append("/>\n");
  }

  @Override
  public void area(double[] x, double[] y, Ink ink) {
    element("path").with("fill", color(ink)).with("fill-opacity", "0.18");
    with("d", path(x, y)).out.append("/>\n");
  }

  @Override
  public void marks(double[] x, double[] y, double width, double height, Ink ink) {
    String mark = "h" + number(width) + "v" + number(height) + "h" + number(-width) + "z";
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < x.length; i++) {
      path.append('M').append(number(x[i])).append(' ').append(number(y[i])).append(mark);
    }
    element("path").with("fill", color(ink)).with("d", path.toString()).out.append("/>\n");
  }

  @Override
  public void dot(double x, double y, double radius, Ink ink) {
    element("circle").with("cx", x).with("cy", y).with("r", radius);
    with("fill", color(ink)).out.append("/>\n");
  }

  @Override
  public void text(double x, double y, String words, Ink ink, Anchor anchor, boolean bold) {
    element("text").with("x", x).with("y", y).with("fill", color(ink));
    with("text-anchor", anchor.name().toLowerCase(Locale.ROOT));
    if (bold) {
      with("font-weight", "bold");
    }
    out.append('>').append(Xml.escape(words)).append("</text>\n");
  }
}
