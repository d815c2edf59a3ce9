package org.klif.workbench;

import com.google.common.primitives.ImmutableDoubleArray;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.io.AtomicFile;

/**
 * A trace as a picture: the current, each state, and u of spike(u) with the line at 0 where the
 * neuron fires, below each other over the same time. Spikes are strokes through all of them.
 */
public final class TracePicture {
  private static final int WIDTH = 860;
  private static final int LEFT = 64;
  private static final int RIGHT = 112;
  private static final int TOP = 40;
  private static final int BOTTOM = 40;
  private static final int GAP = 16;
  private static final int CURRENT_HEIGHT = 60;
  private static final int STATE_HEIGHT = 110;

  /** Up to so many steps each has a dot. */
  private static final int FEW = 80;

  private static final int PAPER = 0xFFFFFF;
  private static final int INK = 0x1D2430;
  private static final int FAINT = 0x6B7280;
  private static final int GRID = 0xE4E7EC;
  private static final int FRAME = 0xF7F8FA;
  private static final int SPIKE = 0xF3B48F;
  private static final int SPIKE_MARK = 0xD9541E;
  private static final int CURRENT_COLOR = 0x7A7F88;
  private static final int ARGUMENT_COLOR = 0x2F9E5F;
  private static final int[] STATE_COLORS = {0x3B7DD8, 0xB155C9, 0x1A9FB0, 0xC2921A};

  private final NeuronTrace trace;
  private final List<Panel> panels = new ArrayList<>();

  /** One of the pictures below each other. */
  private record Panel(
      String name,
      String note,
      ImmutableDoubleArray values,
      int color,
      int height,
      boolean stairs,
      boolean zeroLine) {}

  /** Prepares a picture. */
  public TracePicture(NeuronTrace trace) {
    this.trace = trace;
    panels.add(
        new Panel("x", "current", trace.input(), CURRENT_COLOR, CURRENT_HEIGHT, true, false));
    int number = 0;
    for (NeuronTrace.Line line : trace.states()) {
      int color = STATE_COLORS[number % STATE_COLORS.length];
      String note = number == 0 ? "potential" : "state";
      panels.add(new Panel(line.name(), note, line.values(), color, STATE_HEIGHT, false, false));
      number++;
    }
    panels.add(
        new Panel(
            "u", "fires from 0 on", trace.argument(), ARGUMENT_COLOR, STATE_HEIGHT, false, true));
  }

  /**
   * Writes the picture.
   *
   * @param file ends in .svg or .png
   * @throws UsageException for any other end
   * @throws KlifException when it cannot be written
   */
  public void write(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    requireKnown(file);
    AtomicFile.write(file, name.endsWith(".svg") ? svg().getBytes(StandardCharsets.UTF_8) : png());
  }

  /** Refuses a name that says of no kind of picture. */
  public static void requireKnown(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (!name.endsWith(".svg") && !name.endsWith(".png")) {
      throw new UsageException("--out must end in .svg or .png, not " + file);
    }
  }

  /** The picture as SVG. */
  String svg() {
    SvgCanvas canvas = new SvgCanvas(WIDTH, height(), description());
    draw(canvas);
    return canvas.finished();
  }

  private byte[] png() {
    try {
      PngCanvas canvas = new PngCanvas(WIDTH, height());
      draw(canvas);
      return canvas.finished();
    } catch (LinkageError | InternalError e) {
      throw new KlifException(
          "Java finds no fonts here, which a PNG needs: install fontconfig and a font, or write --out X.svg",
          e);
    }
  }

  private String description() {
    return "%s over %d steps, %d spikes"
        .formatted(trace.neuron(), trace.steps(), trace.spikeSteps().size());
  }

  private int height() {
    int sum = TOP + BOTTOM;
    for (Panel panel : panels) {
      sum += panel.height + GAP;
    }
    return sum - GAP;
  }

  private double column() {
    return (WIDTH - LEFT - RIGHT) / (double) trace.steps();
  }

  private double x(int step) {
    return LEFT + (step + 0.5) * column();
  }

  private void draw(Canvas canvas) {
    canvas.area(0, 0, WIDTH, height(), PAPER);
    canvas.text(LEFT, TOP - 16, description(), INK, Canvas.Anchor.START, true);
    double top = TOP;
    for (Panel panel : panels) {
      canvas.area(LEFT, top, WIDTH - LEFT - RIGHT, panel.height, FRAME);
      drawPanel(canvas, panel, top);
      top += panel.height + GAP;
    }
    drawTime(canvas, top - GAP);
  }

  private void drawPanel(Canvas canvas, Panel panel, double top) {
    double[] finite = panel.values.stream().filter(Double::isFinite).toArray();
    Axis axis = Axis.of(finite, panel.zeroLine, top, panel.height);
    for (double tick : axis.ticks()) {
      double y = axis.y(tick);
      canvas.line(new double[] {LEFT, WIDTH - RIGHT}, new double[] {y, y}, GRID, 1);
      canvas.text(LEFT - 8, y + 4, axis.label(tick), FAINT, Canvas.Anchor.END, false);
    }
    double stroke = Math.max(1, Math.min(4, 0.3 * column()));
    for (int step : trace.spikeSteps()) {
      canvas.area(x(step - 1) - stroke / 2, top, stroke, panel.height, SPIKE);
    }
    if (panel.zeroLine) {
      double y = axis.y(0);
      canvas.line(new double[] {LEFT, WIDTH - RIGHT}, new double[] {y, y}, SPIKE_MARK, 1);
    }
    drawValues(canvas, panel, axis);
    double middle = top + panel.height / 2.0;
    int right = WIDTH - RIGHT + 10;
    canvas.text(right, middle, panel.name, panel.color, Canvas.Anchor.START, true);
    canvas.text(right, middle + 16, panel.note, FAINT, Canvas.Anchor.START, false);
  }

  /** Runs of finite values; a NaN leaves a gap. */
  private void drawValues(Canvas canvas, Panel panel, Axis axis) {
    int from = 0;
    int steps = panel.values.length();
    while (from < steps) {
      int to = from;
      while (to < steps && Double.isFinite(panel.values.get(to))) {
        to++;
      }
      if (to > from) {
        drawRun(canvas, panel, axis, from, to);
      }
      from = to + 1;
    }
  }

  private void drawRun(Canvas canvas, Panel panel, Axis axis, int from, int to) {
    int each = panel.stairs ? 2 : 1;
    double[] xs = new double[each * (to - from)];
    double[] ys = new double[xs.length];
    for (int t = from; t < to; t++) {
      int i = each * (t - from);
      ys[i] = axis.y(panel.values.get(t));
      xs[i] = x(t);
      if (panel.stairs) {
        xs[i] = x(t) - column() / 2;
        xs[i + 1] = x(t) + column() / 2;
        ys[i + 1] = ys[i];
      }
    }
    canvas.line(xs, ys, panel.color, 1.8);
    if (!panel.stairs && (trace.steps() <= FEW || to - from == 1)) {
      for (int i = 0; i < xs.length; i++) {
        canvas.dot(xs[i], ys[i], 2.4, panel.color);
      }
    }
  }

  private void drawTime(Canvas canvas, double top) {
    int every = Math.max(1, (int) Math.ceil(Axis.nice(trace.steps() / 12.0)));
    for (int step = every == 1 ? 1 : every; step <= trace.steps(); step += every) {
      canvas.text(
          x(step - 1), top + 18, Integer.toString(step), FAINT, Canvas.Anchor.MIDDLE, false);
    }
    canvas.text(WIDTH - RIGHT + 10, top + 18, "time step", FAINT, Canvas.Anchor.START, false);
  }
}
