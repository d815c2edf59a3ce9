package org.klif.workbench;

import com.google.common.primitives.Doubles;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.ArrayList;
import java.util.List;
import org.klif.chart.Axis;
import org.klif.chart.Canvas;
import org.klif.chart.Drawing;
import org.klif.chart.Ink;

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

  private static final Ink FAINT = Ink.of(0x6B7280);
  private static final Ink FRAME = Ink.of(0xF7F8FA);
  private static final Ink SPIKE = Ink.of(0xF3B48F);
  private static final Ink SPIKE_MARK = Ink.of(0xD9541E);
  private static final Ink CURRENT_COLOR = Ink.of(0x7A7F88);
  private static final Ink ARGUMENT_COLOR = Ink.of(0x2F9E5F);

  /** Of the lines' colours; the others are near to those above. */
  private static final int[] STATE_LINES = {0, 3, 5, 4};

  private final NeuronTrace trace;
  private final List<Panel> panels = new ArrayList<>();

  /** One of the pictures below each other. */
  private record Panel(
      String name,
      String note,
      ImmutableDoubleArray values,
      Ink color,
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
      Ink color = Ink.line(STATE_LINES[number % STATE_LINES.length]);
      String note = number == 0 ? "potential" : "state";
      panels.add(new Panel(line.name(), note, line.values(), color, STATE_HEIGHT, false, false));
      number++;
    }
    panels.add(
        new Panel(
            "u", "fires from 0 on", trace.argument(), ARGUMENT_COLOR, STATE_HEIGHT, false, true));
  }

  /** The picture. */
  public Drawing drawing() {
    return new Drawing(WIDTH, height(), description(), this::draw);
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
    canvas.text(LEFT, TOP - 16, description(), Ink.TEXT, Canvas.Anchor.START, true);
    double top = TOP;
    for (Panel panel : panels) {
      canvas.rectangle(LEFT, top, WIDTH - LEFT - RIGHT, panel.height, FRAME);
      drawPanel(canvas, panel, top);
      top += panel.height + GAP;
    }
    drawTime(canvas, top - GAP);
  }

  private void drawPanel(Canvas canvas, Panel panel, double top) {
    double[] values = panel.values.toArray();
    double[] ranged = panel.zeroLine ? Doubles.concat(values, new double[1]) : values;
    Axis axis = Axis.of(ranged, 0.06, 26, top + panel.height, top);
    for (double tick : axis.ticks()) {
      double y = axis.at(tick);
      canvas.level(LEFT, WIDTH - RIGHT, y, Ink.GRID);
      canvas.text(LEFT - 8, y + 4, axis.label(tick, 1), FAINT, Canvas.Anchor.END, false);
    }
    double stroke = Math.max(1, Math.min(4, 0.3 * column()));
    for (int step : trace.spikeSteps()) {
      canvas.rectangle(x(step - 1) - stroke / 2, top, stroke, panel.height, SPIKE);
    }
    if (panel.zeroLine) {
      canvas.level(LEFT, WIDTH - RIGHT, axis.at(0), SPIKE_MARK);
    }
    drawValues(canvas, panel, axis);
    double middle = top + panel.height / 2.0;
    int right = WIDTH - RIGHT + 10;
    canvas.text(right, middle, panel.name, panel.color, Canvas.Anchor.START, true);
    canvas.text(right, middle + 16, panel.note, FAINT, Canvas.Anchor.START, false);
  }

  private void drawValues(Canvas canvas, Panel panel, Axis axis) {
    int each = panel.stairs ? 2 : 1;
    double[] xs = new double[each * trace.steps()];
    double[] ys = new double[xs.length];
    for (int i = 0; i < xs.length; i++) {
      int edge = (i + 1) / 2;
      xs[i] = panel.stairs ? LEFT + edge * column() : x(i);
      ys[i] = axis.at(panel.values.get(i / each));
    }
    canvas.curve(xs, ys, panel.color, 1.8);
    for (int i = 0; i < xs.length && !panel.stairs && trace.steps() <= FEW; i++) {
      if (Double.isFinite(ys[i])) {
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
