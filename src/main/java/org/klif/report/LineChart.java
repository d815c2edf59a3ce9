package org.klif.report;

import com.google.common.primitives.ImmutableDoubleArray;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A figure with lines over a common x: title, inline SVG and a legend in HTML. Points that are not
 * finite are left out.
 */
final class LineChart {
  /** How a line is drawn, besides its colour. */
  enum Look {
    SOLID,
    DASHED,
    DOTTED,
    DOTS;

    /** One for lines that are told apart by it: colours alone do not do for everybody. */
    static Look line(int index) {
      return new Look[] {SOLID, DASHED, DOTTED}[index % 3];
    }

    private BasicStroke stroke() {
      return switch (this) {
        case DASHED -> dashes(1.8f, 6, 4);
        case DOTTED -> dashes(2.2f, 2, 3);
        case SOLID, DOTS -> new BasicStroke(2, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
      };
    }

    private static BasicStroke dashes(float width, float on, float off) {
      float[] pattern = {on, off};
      return new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, pattern, 0);
    }
  }

  private record Line(
      String name,
      String note,
      ImmutableDoubleArray x,
      ImmutableDoubleArray y,
      Color color,
      Look look) {}

  /** From low to high at each x: an area, or one upright stroke each. */
  private record Range(
      ImmutableDoubleArray x,
      ImmutableDoubleArray low,
      ImmutableDoubleArray high,
      Color color,
      boolean area) {}

  private static final int BAND_ALPHA = 46;

  /** More points than this are not seen at the width of the page, and only make it heavy. */
  private static final int MAX_POINTS = 300;

  /** In CSS pixels, when it has the width of the page for two. */
  static final int WIDTH = 560;

  /** Of a picture of its own, whose legend stands beside the lines. */
  private static final int PICTURE_WIDTH = 760;

  private final String id;
  private final String title;
  private final String xName;
  private final List<Line> lines = new ArrayList<>();
  private final List<Range> ranges = new ArrayList<>();
  private int height = 300;
  private DoubleFunction<String> yLabel = Numbers::plain;
  private boolean wholeX;
  private boolean percentX;
  private boolean fromZero;
  private boolean marks;

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

  /** Adds a line of any look. */
  LineChart line(String name, String note, double[] x, double[] y, Color color, Look look) {
    return add(name, note, x, y, color, look);
  }

  /** Adds an area between two lines, behind all lines. */
  LineChart band(double[] x, double[] low, double[] high, Color color) {
    Color faint = new Color(color.getRed(), color.getGreen(), color.getBlue(), BAND_ALPHA);
    return add(x, low, high, faint, true);
  }

  /** Adds an upright stroke from low to high at each x. */
  LineChart whiskers(double[] x, double[] low, double[] high, Color color) {
    return add(x, low, high, color, false);
  }

  private LineChart add(double[] x, double[] low, double[] high, Color color, boolean area) {
    int[] kept =
        thinned(
            IntStream.range(0, x.length)
                .filter(i -> Double.isFinite(x[i]) && Double.isFinite(low[i] + high[i]))
                .toArray());
    if (kept.length > (area ? 1 : 0)) {
      ranges.add(new Range(pick(x, kept), pick(low, kept), pick(high, kept), color, area));
    }
    return this;
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

  /** Labels the x axis in percent. */
  LineChart percentX() {
    percentX = true;
    return this;
  }

  /** Starts the y axis at 0. */
  LineChart fromZero() {
    fromZero = true;
    return this;
  }

  /** Marks the points of all lines. */
  LineChart marks() {
    marks = true;
    return this;
  }

  /** Whether there is anything to draw. */
  boolean isEmpty() {
    return lines.isEmpty();
  }

  private LineChart add(String name, String note, double[] x, double[] y, Color color, Look look) {
    int[] kept =
        thinned(
            IntStream.range(0, x.length)
                .filter(i -> Double.isFinite(x[i]) && Double.isFinite(y[i]))
                .toArray());
    if (kept.length > 0) {
      lines.add(new Line(name, note, pick(x, kept), pick(y, kept), color, look));
    }
    return this;
  }

  /** At most about {@link #MAX_POINTS} of them, with the first and the last. */
  private static int[] thinned(int[] shown) {
    int every = Math.max(1, (shown.length + MAX_POINTS - 1) / MAX_POINTS);
    int last = shown.length - 1;
    return IntStream.rangeClosed(0, last)
        .filter(i -> i % every == 0 || i == last)
        .map(i -> shown[i])
        .toArray();
  }

  private static ImmutableDoubleArray pick(double[] values, int[] kept) {
    return ImmutableDoubleArray.copyOf(Arrays.stream(kept).mapToDouble(i -> values[i]));
  }

  /** Writes the figure. */
  void write(Html html) {
    html.raw("<figure>").element("figcaption", title).raw("\n");
    try {
      html.raw(Svg.inline(draw(Ink.PAGE), id, description())).raw("\n");
    } catch (LinkageError | InternalError e) {
      // The JDK draws text through the system's font configuration, which a bare machine lacks.
      html.missing("Not drawn: Java finds no fonts here. Install fontconfig and a font.");
    }
    if (lines.size() > 1 || !lines.get(0).note.isEmpty()) {
      writeLegend(html);
    }
    html.raw("</figure>\n");
  }

  /** The figure as a PNG of its own, with title and legend, twice as sharp as its size. */
  byte[] png() {
    XYChart chart = draw(Ink.PICTURE, PICTURE_WIDTH);
    chart.setTitle(title);
    int sharp = 2;
    BufferedImage image =
        new BufferedImage(sharp * PICTURE_WIDTH, sharp * height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.scale(sharp, sharp);
      chart.paint(graphics, PICTURE_WIDTH, height);
    } finally {
      graphics.dispose();
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, "png", bytes)) {
        throw new IllegalStateException("this Java cannot write PNG");
      }
    } catch (IOException e) {
      throw new IllegalStateException("a picture in memory cannot be written", e);
    }
    return bytes.toByteArray();
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

  private XYChart draw(Ink ink) {
    return draw(ink, WIDTH);
  }

  private XYChart draw(Ink ink, int width) {
    XYChart chart = new XYChartBuilder().width(width).height(height).xAxisTitle(xName).build();
    ink.style(chart.getStyler());
    setRanges(chart.getStyler());
    chart.setCustomYAxisTickLabelsFormatter(y -> yLabel.apply(y));
    if (wholeX) {
      chart.setCustomXAxisTickLabelsFormatter(x -> wholeLabel(x, chart.getStyler()));
    } else if (percentX) {
      chart.setCustomXAxisTickLabelsFormatter(x -> Numbers.plain(100 * x) + " %");
    } else {
      chart.setCustomXAxisTickLabelsFormatter(Numbers::plain);
    }
    for (int i = 0; i < ranges.size(); i++) {
      if (ranges.get(i).area) {
        addBand(chart, "band " + i, ranges.get(i));
      }
    }
    for (int i = 0; i < ranges.size(); i++) {
      if (!ranges.get(i).area) {
        addWhiskers(chart, "whiskers " + i, ranges.get(i));
      }
    }
    for (int i = 0; i < lines.size(); i++) {
      addLine(chart, i, lines.get(i));
    }
    return chart;
  }

  private void addLine(XYChart chart, int number, Line line) {
    XYSeries series = chart.addSeries(Integer.toString(number), line.x.toArray(), line.y.toArray());
    series.setLabel(line.note.isEmpty() ? line.name : line.name + "  " + line.note);
    series.setMarkerColor(line.color).setLineColor(line.color);
    boolean marked = marks || line.look == Look.DOTS || line.x.length() == 1;
    series.setMarker(marked ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
    series.setXYSeriesRenderStyle(
        line.look == Look.DOTS ? XYSeriesRenderStyle.Scatter : XYSeriesRenderStyle.Line);
    series.setLineStyle(line.look.stroke());
  }

  /** Once around: along the low ends, and back along the high ones. */
  private static void addBand(XYChart chart, String name, Range band) {
    int n = band.x.length();
    double[] x = new double[2 * n];
    double[] y = new double[2 * n];
    for (int i = 0; i < n; i++) {
      x[i] = band.x.get(i);
      y[i] = band.low.get(i);
      x[2 * n - 1 - i] = band.x.get(i);
      y[2 * n - 1 - i] = band.high.get(i);
    }
    XYSeries series = chart.addSeries(name, x, y);
    series.setXYSeriesRenderStyle(XYSeriesRenderStyle.PolygonArea);
    series.setFillColor(band.color);
    series.setLineColor(Svg.NOTHING);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineStyle(SeriesLines.NONE);
    series.setShowInLegend(false);
  }

  private static void addWhiskers(XYChart chart, String name, Range range) {
    for (int i = 0; i < range.x.length(); i++) {
      double[] x = {range.x.get(i), range.x.get(i)};
      double[] y = {range.low.get(i), range.high.get(i)};
      XYSeries series = chart.addSeries(name + " " + i, x, y);
      series.setLineColor(range.color);
      series.setMarker(SeriesMarkers.NONE);
      series.setLineStyle(new BasicStroke(2.4f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND));
      series.setShowInLegend(false);
    }
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

  /** XChart cannot draw an empty range: both axes are given one that is not. */
  private void setRanges(XYStyler styler) {
    double[] x = lines.stream().flatMapToDouble(l -> l.x.stream()).sorted().toArray();
    double[] y =
        Stream.concat(
                lines.stream().map(l -> l.y),
                ranges.stream().flatMap(r -> Stream.of(r.low, r.high)))
            .flatMapToDouble(values -> values.stream())
            .sorted()
            .toArray();
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
