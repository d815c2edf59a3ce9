package org.klif.report;

import com.google.common.primitives.ImmutableDoubleArray;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A figure with lines over a common x: title, inline SVG and a legend in HTML. Points that are not
 * finite are left out.
 */
final class LineChart {
  private enum Look {
    SOLID,
    DASHED,
    DOTS
  }

  private record Line(
      String name,
      String note,
      ImmutableDoubleArray x,
      ImmutableDoubleArray y,
      Color color,
      Look look) {}

  /** More points than this are not seen at the width of the page, and only make it heavy. */
  private static final int MAX_POINTS = 300;

  private final String id;
  private final String title;
  private final String xName;
  private final List<Line> lines = new ArrayList<>();
  private int height = 300;
  private DoubleFunction<String> yLabel = Numbers::plain;
  private boolean wholeX;
  private boolean fromZero;

  /**
   * @param id unique in the page
   */
  LineChart(String id, String title, String xName) {
    this.id = id;
    this.title = title;
    this.xName = xName;
  }

  /** Adds a line; the note follows its name in the legend. */
  LineChart line(String name, String note, double[] x, double[] y, Color color) {
    return add(name, note, x, y, color, Look.SOLID);
  }

  /** Adds a dashed line. */
  LineChart dashed(String name, double[] x, double[] y, Color color) {
    return add(name, "", x, y, color, Look.DASHED);
  }

  /** Adds points without a line. */
  LineChart dots(String name, double[] x, double[] y, Color color) {
    return add(name, "", x, y, color, Look.DOTS);
  }

  /** Sets the height in CSS pixels at full width. */
  LineChart height(int pixels) {
    height = pixels;
    return this;
  }

  /** Labels the y axis in percent. */
  LineChart percent() {
    yLabel = share -> Numbers.plain(100 * share) + " %";
    return this;
  }

  /** Labels the x axis at whole numbers only: epochs, time steps. */
  LineChart wholeX() {
    wholeX = true;
    return this;
  }

  /** Starts the y axis at 0. */
  LineChart fromZero() {
    fromZero = true;
    return this;
  }

  /** Whether there is anything to draw. */
  boolean isEmpty() {
    return lines.isEmpty();
  }

  private LineChart add(String name, String note, double[] x, double[] y, Color color, Look look) {
    int[] shown =
        IntStream.range(0, x.length)
            .filter(i -> Double.isFinite(x[i]) && Double.isFinite(y[i]))
            .toArray();
    int every = Math.max(1, (shown.length + MAX_POINTS - 1) / MAX_POINTS);
    int last = shown.length - 1;
    int[] kept =
        IntStream.rangeClosed(0, last)
            .filter(i -> i % every == 0 || i == last)
            .map(i -> shown[i])
            .toArray();
    if (kept.length > 0) {
      lines.add(new Line(name, note, pick(x, kept), pick(y, kept), color, look));
    }
    return this;
  }

  private static ImmutableDoubleArray pick(double[] values, int[] kept) {
    return ImmutableDoubleArray.copyOf(Arrays.stream(kept).mapToDouble(i -> values[i]));
  }

  /** Writes the figure. */
  void write(Html html) {
    html.raw("<figure>").element("figcaption", title).raw("\n");
    try {
      html.raw(Svg.inline(draw(), id, description())).raw("\n");
    } catch (LinkageError | InternalError e) {
      // The JDK draws text through the system's font configuration, which a bare machine lacks.
      html.missing("Not drawn: Java finds no fonts here. Install fontconfig and a font.");
    }
    if (lines.size() > 1 || !lines.get(0).note.isEmpty()) {
      writeLegend(html);
    }
    html.raw("</figure>\n");
  }

  private void writeLegend(Html html) {
    html.raw("<ul class=\"legend\">");
    for (Line line : lines) {
      String style = line.look.name().toLowerCase(Locale.ROOT);
      html.raw("<li><i class=\"" + style + "\" style=\"color:" + Palette.css(line.color) + "\">");
      html.raw("</i>").text(line.name);
      if (!line.note.isEmpty()) {
        html.raw(" ").element("b", line.note);
      }
      html.raw("</li>");
    }
    html.raw("</ul>");
  }

  private String description() {
    StringBuilder text = new StringBuilder(title).append(" over ").append(xName).append(": ");
    for (Line line : lines) {
      int last = line.y.length() - 1;
      text.append(line.name).append(" from ").append(yLabel.apply(line.y.get(0)).strip());
      text.append(" to ").append(yLabel.apply(line.y.get(last)).strip()).append("; ");
    }
    return text.substring(0, text.length() - 2);
  }

  private XYChart draw() {
    XYChart chart = new XYChartBuilder().width(560).height(height).xAxisTitle(xName).build();
    style(chart.getStyler());
    setRanges(chart.getStyler());
    chart.setCustomYAxisTickLabelsFormatter(y -> yLabel.apply(y));
    if (wholeX) {
      chart.setCustomXAxisTickLabelsFormatter(x -> wholeLabel(x, chart.getStyler()));
    } else {
      chart.setCustomXAxisTickLabelsFormatter(Numbers::plain);
    }
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      XYSeries series = chart.addSeries(Integer.toString(i), line.x.toArray(), line.y.toArray());
      series.setMarkerColor(line.color).setLineColor(line.color);
      boolean marked = line.look == Look.DOTS || line.x.length() == 1;
      series.setMarker(marked ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
      series.setXYSeriesRenderStyle(
          line.look == Look.DOTS ? XYSeriesRenderStyle.Scatter : XYSeriesRenderStyle.Line);
      series.setLineStyle(
          line.look == Look.DASHED
              ? new BasicStroke(
                  1.6f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, new float[] {5, 4}, 0)
              : new BasicStroke(2, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    }
    return chart;
  }

  /**
   * XChart coarsens its ticks until no label appears twice: with blank ones in between it ends at
   * whole numbers. The ends of the axis are measured, not drawn, and must not be blank.
   */
  private static String wholeLabel(double x, XYStyler styler) {
    boolean whole = Math.abs(x - Math.rint(x)) < 1e-6;
    boolean end = x == styler.getXAxisMin() || x == styler.getXAxisMax();
    return whole || end ? Long.toString(Math.round(x)) : " ";
  }

  private static void style(XYStyler styler) {
    styler.setLegendVisible(false);
    styler.setChartTitleVisible(false);
    styler.setPlotBorderVisible(false);
    styler.setChartBackgroundColor(Svg.NOTHING);
    styler.setPlotBackgroundColor(Svg.NOTHING);
    styler.setChartFontColor(Svg.TEXT);
    styler.setXAxisTitleColor(Svg.TEXT);
    styler.setXAxisTickLabelsColor(Svg.TEXT);
    styler.setYAxisTickLabelsColor(Svg.TEXT);
    styler.setPlotGridLinesColor(Svg.GRID);
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setPlotGridVerticalLinesVisible(false);
    styler.setAxisTicksMarksVisible(false);
    styler.setAxisTicksLineVisible(false);
    styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    styler.setChartPadding(4);
    styler.setPlotContentSize(1);
    styler.setMarkerSize(7);
    styler.setYAxisTickMarkSpacingHint(44);
    styler.setLocale(Locale.ROOT);
  }

  /** XChart cannot draw an empty range: both axes are given one that is not. */
  private void setRanges(XYStyler styler) {
    double[] x = lines.stream().flatMapToDouble(l -> l.x.stream()).sorted().toArray();
    double[] y = lines.stream().flatMapToDouble(l -> l.y.stream()).sorted().toArray();
    double left = x[0];
    double right = x[x.length - 1];
    double edge = right > left ? 0.02 * (right - left) : 0.8;
    styler.setXAxisMin(left - edge).setXAxisMax(right + edge);
    double low = fromZero ? Math.min(0, y[0]) : y[0];
    double high = y[y.length - 1];
    double room = high > low ? 0.06 * (high - low) : Math.max(0.05, 0.1 * Math.abs(high));
    // a little below 0, or XChart leaves out the tick at 0
    double below = fromZero && low == 0 ? 0.1 * room : room;
    styler.setYAxisMin(low - below).setYAxisMax(high + room);
  }
}
