package org.klif.report;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.klif.chart.Ink;
import org.klif.run.RunTrace;
import org.klif.run.RunTrace.Energy;
import org.klif.run.RunTrace.SynapticOperations;

/** Synaptic operations of each layer for one sample, and the usual estimate of their energy. */
final class OperationsSection {
  private static final List<String> COLUMNS =
      List.of("passes", "dense MACs", "inputs not zero", "additions", "multiply-adds", "energy");

  static void write(ReportedRun run, Html html) {
    if (run.trace().isEmpty()) {
      html.missing("trace.json is missing: operations were not counted.");
      return;
    }
    RunTrace trace = run.trace().get();
    List<SynapticOperations> layers = trace.synapticOperations();
    if (layers.isEmpty()) {
      html.missing("trace.json has no synapticOperations.");
      return;
    }
    writeLayers(trace, html);
    if (trace.energy() == null) {
      html.missing("trace.json has no energy: operations are counted, their energy is not.");
    } else {
      writeComparison(trace, html);
    }
  }

  private static void writeLayers(RunTrace trace, Html html) {
    List<SynapticOperations> layers = trace.synapticOperations();
    Energy energy = trace.energy();
    html.raw("<table class=\"wide\"><caption>For one sample, mean of test samples</caption>\n");
    html.raw("<thead><tr><th scope=\"col\">layer</th>");
    for (String name : COLUMNS) {
      html.raw("<th scope=\"col\" class=\"number\">").text(name).raw("</th>");
    }
    html.raw("</tr></thead>\n<tbody>\n");
    for (SynapticOperations layer : layers) {
      String passes = layer.passes() == 0 ? Numbers.NONE : Integer.toString(layer.passes());
      html.raw("<tr><th scope=\"row\">").text(layer.layer()).raw("</th>");
      number(html, passes);
      number(html, Numbers.operations(layer.macs()));
      number(html, Numbers.percent(layer.inputRate(), 1));
      number(html, Numbers.operations(layer.additions()));
      number(html, Numbers.operations(layer.products()));
      number(html, energy == null ? Numbers.NONE : Numbers.energy(energy.picojoules(layer)));
      html.raw("</tr>\n");
    }
    html.raw("</tbody><tfoot><tr><th scope=\"row\">all</th><td></td>");
    number(html, Numbers.operations(sum(layers, SynapticOperations::macs)));
    html.raw("<td></td>");
    number(html, Numbers.operations(sum(layers, SynapticOperations::additions)));
    number(html, Numbers.operations(sum(layers, SynapticOperations::products)));
    number(html, Numbers.energy(trace.picojoules()));
    html.raw("</tr></tfoot></table>\n");
    html.element(
        "p",
        "How it is counted: behind neurons an input of 0 costs nothing, a 1 an addition, and any"
            + " other value (a mean of spikes behind ap, a sum behind res) a multiply-add; a layer"
            + " that sees real values, as the image itself, multiplies each of them.");
    if (layers.stream().anyMatch(layer -> layer.multiplyAdds() == null)) {
      html.missing(
          "trace.json does not count multiply-adds: all operations behind neurons stand as"
              + " additions.");
    }
  }

  private static double sum(
      List<SynapticOperations> layers, ToDoubleFunction<SynapticOperations> number) {
    return layers.stream().mapToDouble(number).sum();
  }

  private static void writeComparison(RunTrace trace, Html html) {
    List<SynapticOperations> layers = trace.synapticOperations();
    Energy energy = trace.energy();
    double spiking = trace.picojoules();
    double mac = energy.macPicojoules();
    double dense = layers.stream().mapToDouble(l -> l.macs() * mac).sum();
    double once =
        layers.stream()
            .mapToDouble(l -> l.passes() == 0 ? Double.NaN : l.macs() / l.passes() * mac)
            .sum();
    html.raw("<div class=\"bars\" role=\"list\">\n");
    double longest = Math.max(spiking, Math.max(dense, Double.isFinite(once) ? once : 0));
    bar(html, "this spiking network", spiking, longest, Ink.line(0).css());
    bar(html, "the same layers, dense, at every time step", dense, longest, "var(--soft)");
    bar(html, "the same layers as an ANN, one dense pass", once, longest, "var(--soft)");
    html.raw("</div>\n<p>").element("b", "An estimate. ");
    html.text("It counts " + energy.macPicojoules() + " pJ for a multiply-add and ");
    html.text(energy.acPicojoules() + " pJ for an add (");
    html.text(energy.source() == null ? "source not named" : energy.source());
    html.text(
        "). Moving data, updating membranes and everything else that a chip does are not in ");
    html.text("it, and no chip was measured.").raw("</p>\n");
  }

  private static void bar(Html html, String name, double energy, double longest, String color) {
    double share = Double.isFinite(energy) && longest > 0 ? energy / longest : 0;
    html.raw("<div role=\"listitem\">").element("span", name).raw("<span class=\"track\">");
    html.raw("<i style=\"width:" + Numbers.fixed(100 * share, 1) + "%;background:" + color);
    html.raw("\"></i></span>").element("b", Numbers.energy(energy)).raw("</div>\n");
  }

  private static void number(Html html, String text) {
    html.element("td", "number", text);
  }

  private OperationsSection() {}
}
