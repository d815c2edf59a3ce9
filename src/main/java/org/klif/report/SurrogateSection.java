package org.klif.report;

import com.google.common.primitives.Doubles;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.klif.run.RunMetrics;

/**
 * The surrogate gradient as a function of the charged potential H: {@code dS/dH = k g'(kH - V_th)}
 * where kH > 0 (the ReLU of KLIF; everywhere without it), {@code g'(H - V_th)} for neurons without
 * k.
 */
final class SurrogateSection implements Section {
  private static final int POINTS = 301;
  private static final double HALF_WIDTH = 2.5;

  @Override
  public String id() {
    return "surrogate";
  }

  @Override
  public String title() {
    return "Surrogate gradient";
  }

  @Override
  public void write(RunFolder run, Html html) {
    Optional<String> name = run.option("neuron.surrogate.name", "neuron.surrogate", "surrogate");
    Optional<SurrogateShape> found = name.flatMap(SurrogateShape::named);
    if (found.isEmpty()) {
      html.missing(
          name.map(n -> "The surrogate " + n + " is not one that the report can draw.")
              .orElse("config.yaml names no neuron.surrogate: its shape cannot be drawn."));
      return;
    }
    SurrogateShape shape = found.get();
    double alpha =
        positive(run, "neuron.surrogate.alpha", "neuron.alpha").orElse(shape.defaultAlpha());
    double threshold =
        number(run, "neuron.threshold", "neuron.vThreshold", "neuron.v_threshold")
            .orElseGet(
                () ->
                    run.trace()
                        .flatMap(t -> t.layers().stream().findFirst())
                        .map(layer -> layer.threshold())
                        .orElse(1.0));
    boolean relu = run.option("neuron.relu").map(Boolean::parseBoolean).orElse(true);
    double first = number(run, "neuron.k").orElse(1.0);
    List<String> layers = run.metrics().map(m -> m.layers("k")).orElse(List.of());
    html.raw("<div class=\"grid\">\n");
    LineChart chart =
        new LineChart("surrogate-shape", "dS/dH over the charged potential H", "H").fromZero();
    double[] h =
        IntStream.range(0, POINTS)
            .mapToDouble(i -> threshold + HALF_WIDTH * (2.0 * i / (POINTS - 1) - 1))
            .toArray();
    for (int i = 0; i < layers.size(); i++) {
      double k = last(run.metrics().get(), "k." + layers.get(i));
      double[] y = Arrays.stream(h).map(x -> scaled(shape, alpha, k, x, threshold, relu)).toArray();
      chart.line(layers.get(i), "k = " + Numbers.significant(k), h, y, Palette.line(i));
    }
    if (layers.isEmpty()) {
      double[] y = Arrays.stream(h).map(x -> shape.derivative(x - threshold, alpha)).toArray();
      chart.line(name.get(), "", h, y, Palette.line(0));
    } else {
      double[] y =
          Arrays.stream(h).map(x -> scaled(shape, alpha, first, x, threshold, relu)).toArray();
      chart.dashed("k = " + Numbers.significant(first), h, y, Palette.line(7));
    }
    chart.write(html);
    html.raw("<div class=\"prose\"><p>").text("Surrogate ").element("b", name.get());
    html.text(", α = " + Numbers.plain(alpha) + ", threshold V");
    html.element("sub", "th").text(" = " + Numbers.plain(threshold) + ":").raw("</p>");
    html.element("p", "formula", "g′(u) = " + shape.formula()).raw("\n");
    if (!layers.isEmpty()) {
      String fired = relu ? "F = ReLU(k H)" : "F = k H (here without its ReLU)";
      html.raw("<p>").text("KLIF fires on " + fired + ", so its gradient is k g′(k H − V");
      html.element("sub", "th")
          .text(relu ? ") where k H > 0" : ")")
          .text(": a larger k makes it steeper and narrower ");
      html.text("and moves it to smaller potentials. Dashed: k = " + Numbers.significant(first));
      html.text(", where training starts.");
      html.raw("</p>");
    }
    html.raw("</div></div>\n");
  }

  private static double scaled(
      SurrogateShape shape, double alpha, double k, double h, double threshold, boolean relu) {
    return !relu || k * h > 0 ? k * shape.derivative(k * h - threshold, alpha) : 0;
  }

  private static double last(RunMetrics metrics, String column) {
    double[] values = metrics.column(column);
    return values.length == 0 ? Double.NaN : values[values.length - 1];
  }

  private static Optional<Double> positive(RunFolder run, String... keys) {
    return number(run, keys).filter(value -> value > 0);
  }

  private static Optional<Double> number(RunFolder run, String... keys) {
    return run.option(keys).map(Doubles::tryParse).filter(Double::isFinite);
  }
}
