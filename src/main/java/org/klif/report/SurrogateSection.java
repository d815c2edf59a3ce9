package org.klif.report;

import java.util.List;
import java.util.Optional;
import org.klif.chart.Ink;
import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Option;
import org.klif.chart.LineChart.Pen;

/**
 * The surrogate gradient as a function of the charged potential H: {@code dS/dH = k g'(kH - V_th)}
 * where kH > 0 (the ReLU of KLIF; everywhere without it), {@code g'(H - V_th)} for neurons without
 * k.
 */
final class SurrogateSection {
  static void write(ReportedRun run, Html html) {
    Optional<String> name = SurrogateCurve.name(run);
    Optional<SurrogateCurve> found = SurrogateCurve.of(run);
    if (found.isEmpty()) {
      html.missing(
          name.map(n -> "The surrogate " + n + " is not one that the report can draw.")
              .orElse("config.yaml names no neuron.surrogate: its shape cannot be drawn."));
      return;
    }
    SurrogateCurve curve = found.get();
    boolean relu = curve.relu();
    double first = SurrogateCurve.firstScale(run);
    boolean builtIn = run.hasBuiltInNeuron();
    List<String> layers =
        builtIn ? run.metrics().map(m -> m.layers("k")).orElse(List.of()) : List.of();
    html.raw("<div class=\"grid\">\n");
    LineChart chart =
        (builtIn
                ? new LineChart("dS/dH over the charged potential H", "H")
                : new LineChart("dS/du over the argument u of spike(u)", "u"))
            .with(Option.FROM_ZERO);
    double[] h = curve.potentials();
    for (int i = 0; i < layers.size(); i++) {
      double k = FinalNumbers.last(run, "k." + layers.get(i));
      String note = "k = " + Numbers.significant(k);
      chart.line(layers.get(i), note, h, curve.scaled(k), Pen.solid(i));
    }
    if (layers.isEmpty()) {
      chart.line(curve.name(), "", h, curve.plain(), Pen.solid(0));
    } else {
      Pen dashed = new Pen(Ink.line(7), LineChart.Look.DASHED);
      chart.line("k = " + Numbers.significant(first), "", h, curve.scaled(first), dashed);
    }
    html.chart(chart);
    html.raw("<div class=\"prose\"><p>").text("Surrogate ").element("b", curve.name());
    html.text(", α = " + Numbers.plain(curve.surrogate().alpha()));
    if (builtIn) {
      html.text(", threshold V").element("sub", "th");
      html.text(" = " + Numbers.plain(curve.threshold()));
    }
    html.text(":").raw("</p>");
    html.element("p", "formula", "g′(u) = " + curve.surrogate().kind().formula()).raw("\n");
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

  private SurrogateSection() {}
}
