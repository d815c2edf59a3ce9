package org.klif.report;

import java.awt.Color;
import org.klif.run.RunTrace.Layer;
import org.klif.run.RunTrace.Spike;

/**
 * The spikes of one layer as an SVG of its own: a chart library writes one element a spike, one
 * path for all is a hundredth of that.
 */
final class Raster {
  private static final int WIDTH = 260;
  private static final int HEIGHT = 210;
  private static final int LEFT = 4;
  private static final int BOTTOM = 18;

  static void write(Layer layer, Color color, Html html) {
    double all = (double) layer.shown() * layer.steps();
    double rate = all == 0 ? Double.NaN : layer.spikes().size() / all;
    html.raw("<figure><figcaption>").text(layer.name() + " ");
    html.element("small", Numbers.percent(rate, 1) + " firing");
    html.raw("</figcaption>\n");
    html.raw(Svg.open(WIDTH, HEIGHT, "Spike raster of layer " + layer.name()));
    double plotWidth = WIDTH - 2.0 * LEFT;
    double plotHeight = HEIGHT - BOTTOM - 2.0;
    html.raw(
        String.format(
            "<rect class=\"frame\" x=\"%d\" y=\"1\" width=\"%s\" height=\"%s\"/>%n",
            LEFT, Numbers.fixed(plotWidth, 0), Numbers.fixed(plotHeight, 0)));
    if (layer.shown() > 0) {
      double column = plotWidth / layer.steps();
      double row = plotHeight / layer.shown();
      html.raw("<path fill=\"" + Palette.css(color) + "\" d=\"");
      String mark =
          String.format(
              "h%sv%sh-%1$sz", decimals(column * 0.86), decimals(Math.max(0.6, row * 0.86)));
      for (Spike spike : layer.spikes()) {
        double x = LEFT + (spike.step() + 0.07) * column;
        double y = 1 + spike.row() * row;
        html.raw("M" + decimals(x) + " " + decimals(y) + mark);
      }
      html.raw("\"/>\n");
    }
    int every = Math.max(1, (layer.steps() + 7) / 8);
    for (int t = 0; t < layer.steps(); t += every) {
      String x = decimals(LEFT + (t + 0.5) * plotWidth / layer.steps());
      html.raw("<text x=\"" + x + "\" y=\"" + (HEIGHT - 5) + "\">" + (t + 1) + "</text>");
    }
    html.raw("</svg>\n<p>");
    html.text(Numbers.whole(layer.shown()) + " of " + Numbers.whole(layer.neurons()) + " neurons");
    html.raw("</p></figure>\n");
  }

  private static String decimals(double value) {
    return Numbers.fixed(value, 1);
  }

  private Raster() {}
}
