package org.klif.chart;

import com.google.common.primitives.Doubles;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Lines over a common x. Points that are not finite are left out. */
public final class LineChart {
  /** How a line is drawn, besides its colour. */
  public enum Look {
    SOLID(2),
    DASHED(1.8, 6, 4),
    DOTTED(2.2, 2, 3),
    /** Points without a line. */
    DOTS(0);

    private final double width;
    private final ImmutableDoubleArray dashes;

    Look(double width, double... dashes) {
      this.width = width;
      this.dashes = ImmutableDoubleArray.copyOf(dashes);
    }
  }

  /** What charts do not have in common. */
  public enum Option {
    /** The y axis is labelled in percent. */
    PERCENT,
    /** The x axis is labelled in percent. */
    PERCENT_X,
    /** The x axis is labelled at whole numbers only: epochs, time steps. */
    WHOLE_X,
    /** The y axis starts at 0. */
    FROM_ZERO,
    /** The points of all lines are marked. */
    MARKS,
    /** It is less high than others. */
    LOW
  }

  /** Colour and look of a line. */
  public record Pen(Ink ink, Look look) {
    private static final List<Look> TOLD_APART = List.of(Look.SOLID, Look.DASHED, Look.DOTTED);

    /** A whole line in the colour of this number. */
    public static Pen solid(int index) {
      return new Pen(Ink.line(index), Look.SOLID);
    }

    /** One for lines that are told apart by their look, too: colours do not do for everybody. */
    public static Pen varied(int index) {
      return new Pen(Ink.line(index), TOLD_APART.get(index % 3));
    }
  }

  /**
   * A line as a legend shows it.
   *
   * @param note follows the name; may be empty
   */
  public record Key(String name, String note, Pen pen) {}

  private record Line(Key key, ImmutableDoubleArray x, ImmutableDoubleArray y) {}

  /** From low to high at each x, in pixels. */
  private interface Range {
    void draw(Canvas canvas, double[] x, double[] low, double[] high);
  }

  /** What is drawn behind the lines. */
  private interface Layer {
    void draw(Canvas canvas, Axis x, Axis y);
  }

  /** Where a legend's key stands. */
  private record Place(Key key, double x, int row) {}

  /** More points than this are not seen at the width of the page, and only make it heavy. */
  private static final int MAX_POINTS = 300;

  /** In CSS pixels, when a page has room for two beside each other. */
  private static final int WIDTH = 560;

  private static final int PICTURE_WIDTH = 760;

  /** Below the lines: numbers and name of the x axis. */
  private static final int BOTTOM = 46;

  private static final int TITLE = 28;
  private static final int LEGEND_ROW = 20;
  private static final int MARGIN = 14;
  private static final double DOT = 3.5;

  /** Of most letters at 12 pixels, a little more than less: SVG does not know its reader's font. */
  private static final double LETTER = 7.2;

  private final String title;
  private final String xName;
  private final List<Line> lines = new ArrayList<>();
  private final List<Layer> behind = new ArrayList<>();
  private final List<Double> xs = new ArrayList<>();
  private final List<Double> ys = new ArrayList<>();
  private final Set<Option> options = EnumSet.noneOf(Option.class);

  /** A chart without lines. */
  public LineChart(String title, String xName) {
    this.title = title;
    this.xName = xName;
  }

  /** Sets options. */
  public LineChart with(Option... more) {
    options.addAll(List.of(more));
    return this;
  }

  /** Adds a line, unless it has no point; the note follows its name in the legend. */
  public LineChart line(String name, String note, double[] x, double[] y, Pen pen) {
    int[] kept = kept(x, i -> Double.isFinite(y[i]));
    if (kept.length > 0) {
      lines.add(new Line(new Key(name, note, pen), pick(x, kept, xs), pick(y, kept, ys)));
    }
    return this;
  }

  /** Adds an area between two lines, behind all lines. */
  public LineChart band(double[] x, double[] low, double[] high, Ink ink) {
    if (x.length < 2) {
      return this;
    }
    return range(
        x,
        low,
        high,
        (canvas, along, from, to) -> {
          double[] back = along.clone();
          Doubles.reverse(back);
          Doubles.reverse(to);
          canvas.area(Doubles.concat(along, back), Doubles.concat(from, to), ink);
        });
  }

  /** Adds an upright stroke from low to high at each x. */
  public LineChart whiskers(double[] x, double[] low, double[] high, Ink ink) {
    return range(
        x,
        low,
        high,
        (canvas, along, from, to) -> {
          for (int i = 0; i < along.length; i++) {
            double[] upright = {along[i], along[i]};
            canvas.line(upright, new double[] {from[i], to[i]}, ink, 2.4);
          }
        });
  }

  private LineChart range(double[] x, double[] low, double[] high, Range range) {
    int[] kept = kept(x, i -> Double.isFinite(low[i]) && Double.isFinite(high[i]));
    ImmutableDoubleArray along = pick(x, kept, xs);
    ImmutableDoubleArray from = pick(low, kept, ys);
    ImmutableDoubleArray to = pick(high, kept, ys);
    behind.add((canvas, h, v) -> range.draw(canvas, h.at(along), v.at(from), v.at(to)));
    return this;
  }

  /** Those with numbers: at most about {@link #MAX_POINTS}, with the first and the last. */
  private static int[] kept(double[] x, IntPredicate finite) {
    int[] shown =
        IntStream.range(0, x.length).filter(i -> Double.isFinite(x[i]) && finite.test(i)).toArray();
    int every = Math.max(1, (shown.length + MAX_POINTS - 1) / MAX_POINTS);
    int last = shown.length - 1;
    return IntStream.rangeClosed(0, last)
        .filter(i -> i % every == 0 || i == last)
        .map(i -> shown[i])
        .toArray();
  }

  /** Some of the values, which an axis has to hold from now on. */
  private static ImmutableDoubleArray pick(double[] values, int[] kept, List<Double> held) {
    double[] picked = Arrays.stream(kept).mapToDouble(i -> values[i]).toArray();
    held.addAll(Doubles.asList(picked));
    return ImmutableDoubleArray.copyOf(picked);
  }

  private boolean has(Option option) {
    return options.contains(option);
  }

  private int height() {
    return has(Option.LOW) ? 240 : 300;
  }

  /** Whether there is nothing to draw. */
  public boolean isEmpty() {
    return lines.isEmpty();
  }

  /** What it shows. */
  public String title() {
    return title;
  }

  /** Its lines, for a legend. */
  public List<Key> keys() {
    return lines.stream().map(Line::key).toList();
  }

  /** The lines alone, for a page that has its own title and legend. */
  public Drawing plot() {
    return new Drawing(WIDTH, height(), description(), canvas -> draw(canvas, WIDTH, 0, 10));
  }

  /** All with title and legend. */
  public Drawing picture() {
    List<Place> legend = places();
    int rows = 1 + legend.get(legend.size() - 1).row;
    int all = TITLE + height() + rows * LEGEND_ROW + MARGIN;
    return new Drawing(
        PICTURE_WIDTH,
        all,
        description(),
        canvas -> {
          canvas.text(MARGIN, TITLE - 4, title, Ink.TEXT, Canvas.Anchor.START, true);
          draw(canvas, PICTURE_WIDTH, MARGIN, TITLE + 10);
          legend.forEach(place -> draw(canvas, place, TITLE + height() + MARGIN));
        });
  }

  private String description() {
    StringBuilder text = new StringBuilder(title).append(" over ").append(xName).append(": ");
    for (Line line : lines) {
      text.append(line.key.name).append(" from ").append(number(line.y.get(0)));
      text.append(" to ").append(number(line.y.get(line.y.length() - 1))).append("; ");
    }
    return text.substring(0, text.length() - 2);
  }

  private String number(double value) {
    return has(Option.PERCENT)
        ? String.format(Locale.ROOT, "%.2f %%", 100 * value)
        : String.format(Locale.ROOT, "%.4g", value);
  }

  /** In rows from left to right. */
  private List<Place> places() {
    List<Place> places = new ArrayList<>();
    double x = MARGIN;
    int row = 0;
    for (Key key : keys()) {
      double width = 54 + LETTER * label(key).length();
      if (x > MARGIN && x + width > PICTURE_WIDTH) {
        x = MARGIN;
        row++;
      }
      places.add(new Place(key, x, row));
      x += width;
    }
    return places;
  }

  private static String label(Key key) {
    return key.note.isEmpty() ? key.name : key.name + "  " + key.note;
  }

  private void draw(Canvas canvas, Place place, double top) {
    double y = top + LEGEND_ROW * place.row;
    Pen pen = place.key.pen;
    if (pen.look != Look.DOTS) {
      double[] ends = {place.x, place.x + 26};
      canvas.line(ends, new double[] {y, y}, pen.ink, pen.look.width, pen.look.dashes.toArray());
    }
    if (has(Option.MARKS) || pen.look == Look.DOTS) {
      canvas.dot(place.x + 13, y, DOT, pen.ink);
    }
    canvas.text(place.x + 34, y + 4, label(place.key), Ink.TEXT, Canvas.Anchor.START, false);
  }

  private void draw(Canvas canvas, int width, int margin, int top) {
    double bottom = top - 10 + height() - BOTTOM;
    Axis y = yAxis(top, bottom);
    List<String> labels =
        y.ticks().stream().map(tick -> label(y, tick, has(Option.PERCENT))).toList();
    double left = margin + 8 + LETTER * labels.stream().mapToInt(String::length).max().orElse(0);
    double right = width - 20;
    Axis x = Axis.of(Doubles.toArray(xs), 0.02, 45, left, right);
    Axis named = has(Option.WHOLE_X) ? x.whole() : x;
    for (int i = 0; i < labels.size(); i++) {
      double level = y.at(y.ticks().get(i));
      canvas.level(left, right, level, Ink.GRID);
      canvas.text(left - 8, level + 4, labels.get(i), Ink.TEXT, Canvas.Anchor.END, false);
    }
    for (double tick : named.ticks()) {
      String label = label(named, tick, has(Option.PERCENT_X));
      canvas.text(x.at(tick), bottom + 18, label, Ink.TEXT, Canvas.Anchor.MIDDLE, false);
    }
    canvas.text((left + right) / 2, bottom + 36, xName, Ink.TEXT, Canvas.Anchor.MIDDLE, false);
    behind.forEach(layer -> layer.draw(canvas, x, y));
    lines.forEach(line -> draw(canvas, line, x, y));
  }

  private static String label(Axis axis, double tick, boolean percent) {
    return percent ? axis.label(tick, 100) + " %" : axis.label(tick, 1);
  }

  private Axis yAxis(double top, double bottom) {
    double[] values = Doubles.toArray(ys);
    if (!has(Option.FROM_ZERO)) {
      return Axis.of(values, 0.06, 30, bottom, top);
    }
    Axis axis = Axis.of(Doubles.concat(values, new double[1]), 0.06, 30, bottom, top);
    return Doubles.min(values) < 0 ? axis : axis.startingAt(0);
  }

  private void draw(Canvas canvas, Line line, Axis xAxis, Axis yAxis) {
    Pen pen = line.key.pen;
    double[] x = xAxis.at(line.x);
    double[] y = yAxis.at(line.y);
    if (pen.look != Look.DOTS) {
      canvas.curve(x, y, pen.ink, pen.look.width, pen.look.dashes.toArray());
    }
    for (int i = 0; i < x.length && (has(Option.MARKS) || pen.look == Look.DOTS); i++) {
      canvas.dot(x[i], y[i], DOT, pen.ink);
    }
  }
}
