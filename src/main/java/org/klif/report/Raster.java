package org.klif.report;

import org.klif.chart.Canvas;
import org.klif.chart.Drawing;
import org.klif.chart.Ink;
import org.klif.run.RunTrace.Layer;

/** The spikes of one layer, a mark each. */
final class Raster {
  private static final int WIDTH = 260;
  private static final int HEIGHT = 210;
  private static final int LEFT = 4;
  private static final int BOTTOM = 18;

  static void write(Layer layer, Ink ink, Html html) {
    double all = (double) layer.shown() * layer.steps();
    double rate = all == 0 ? Double.NaN : layer.spikes().size() / all;
    html.raw("<figure><figcaption>").text(layer.name() + " ");
    html.element("small", Numbers.percent(rate, 1) + " firing");
    html.raw("</figcaption>\n");
    String description = "Spike raster of layer " + layer.name();
    html.raw(new Drawing(WIDTH, HEIGHT, description, c -> draw(layer, ink, c)).inline());
    html.raw("<p>");
    html.text(Numbers.whole(layer.shown()) + " of " + Numbers.whole(layer.neurons()) + " neurons");
    html.raw("</p></figure>\n");
  }

  private static void draw(Layer layer, Ink ink, Canvas canvas) {
    double right = WIDTH - LEFT;
    double bottom = HEIGHT - BOTTOM - 1;
    double[] across = {LEFT, right, right, LEFT, LEFT};
    canvas.line(across, new double[] {1, 1, bottom, bottom, 1}, Ink.GRID, 1);
    double column = (right - LEFT) / layer.steps();
    double row = (bottom - 1) / Math.max(1, layer.shown());
    canvas.marks(
        layer.spikes().stream().mapToDouble(s -> LEFT + (s.step() + 0.07) * column).toArray(),
        layer.spikes().stream().mapToDouble(s -> 1 + s.row() * row).toArray(),
        column * 0.86,
        Math.max(0.6, row * 0.86),
        ink);
    int every = Math.max(1, (layer.steps() + 7) / 8);
    for (int t = 0; t < layer.steps(); t += every) {
      double x = LEFT + (t + 0.5) * column;
      String step = Integer.toString(t + 1);
      canvas.text(x, HEIGHT - 5, step, Ink.TEXT, Canvas.Anchor.MIDDLE, false);
    }
  }

  private Raster() {}
}
