package org.klif.chart;

import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import org.klif.io.Png;

/** Draws into a PNG, twice as sharp as its size. */
final class PngCanvas implements Canvas {
  private static final int SHARP = 2;
  private static final int FONT_SIZE = 12;

  /** Of 255: what shines through an area is seen. */
  private static final int FAINT = 46;

  private final BufferedImage image;
  private final Graphics2D graphics;

  /** An empty picture. */
  PngCanvas(int width, int height) {
    image = new BufferedImage(SHARP * width, SHARP * height, BufferedImage.TYPE_INT_RGB);
    graphics = image.createGraphics();
    graphics.scale(SHARP, SHARP);
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
  }

  /** The whole file. */
  byte[] finished() {
    graphics.dispose();
    return Png.of(image);
  }

  private static Path2D.Double path(double[] x, double[] y) {
    Path2D.Double path = new Path2D.Double();
    path.moveTo(x[0], y[0]);
    for (int i = 1; i < x.length; i++) {
      path.lineTo(x[i], y[i]);
    }
    return path;
  }

  @Override
  public void line(double[] x, double[] y, Ink ink, double width, double... dashes) {
    float[] pattern = dashes.length == 0 ? null : Floats.toArray(Doubles.asList(dashes));
    graphics.setColor(new Color(ink.rgb()));
    graphics.setStroke(
        new BasicStroke(
            (float) width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, pattern, 0));
    graphics.draw(path(x, y));
  }

  @Override
  public void area(double[] x, double[] y, Ink ink) {
    graphics.setColor(new Color(FAINT << 24 | ink.rgb(), true));
    graphics.fill(path(x, y));
  }

  @Override
  public void marks(double[] x, double[] y, double width, double height, Ink ink) {
    graphics.setColor(new Color(ink.rgb()));
    for (int i = 0; i < x.length; i++) {
      graphics.fill(new Rectangle2D.Double(x[i], y[i], width, height));
    }
  }

  @Override
  public void dot(double x, double y, double radius, Ink ink) {
    graphics.setColor(new Color(ink.rgb()));
    graphics.fill(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
  }

  @Override
  public void text(double x, double y, String words, Ink ink, Anchor anchor, boolean bold) {
    graphics.setFont(new Font(Font.SANS_SERIF, bold ? Font.BOLD : Font.PLAIN, FONT_SIZE));
    graphics.setColor(new Color(ink.rgb()));
    double width = graphics.getFontMetrics().stringWidth(words);
    double left =
        switch (anchor) {
          case START -> x;
          case MIDDLE -> x - width / 2;
          case END -> x - width;
        };
    graphics.drawString(words, (float) left, (float) y);
  }
}
