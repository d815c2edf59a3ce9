package org.klif.report;

import java.util.List;
import java.util.stream.IntStream;
import org.klif.chart.Ink;
import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Option;
import org.klif.chart.LineChart.Pen;
import org.klif.chart.Xml;
import org.klif.run.RunTrace;
import org.klif.run.RunTrace.Layer;
import org.klif.run.RunTrace.Potential;
import org.klif.run.RunTrace.Sample;

/**
 * One sample on its way through the network: image, spikes of every layer, membrane of one neuron.
 */
final class SampleSection {
  static void write(ReportedRun run, Html html) {
    if (run.trace().isEmpty()) {
      html.missing("trace.json is missing: no sample was traced.");
      return;
    }
    RunTrace trace = run.trace().get();
    html.raw("<div class=\"sample\">\n");
    writeSample(trace, html);
    html.raw("<div>\n").element("h3", "Spike raster");
    if (trace.layers().isEmpty()) {
      html.missing("trace.json has no layers: there is no raster and no membrane trace.");
    } else {
      html.element(
          "p",
          "A mark is a spike: time steps from left to right, one row a neuron sampled from the"
              + " layer.");
      html.raw("<div class=\"rasters\">\n");
      for (int i = 0; i < trace.layers().size(); i++) {
        Raster.write(trace.layers().get(i), Ink.line(i), html);
      }
      html.raw("</div>\n");
    }
    html.raw("</div></div>\n");
    writeMembranes(trace.layers(), html);
  }

  private static void writeSample(RunTrace trace, Html html) {
    Sample sample = trace.sample();
    if (sample == null) {
      html.missing("trace.json has no sample.");
      return;
    }
    String label = trace.className(sample.label());
    String prediction = trace.className(sample.prediction());
    html.raw("<figure class=\"image\">").element("figcaption", "Input");
    if (sample.image() == null) {
      html.missing("trace.json has no image.");
    } else {
      String source = SampleImage.dataUri(sample.image());
      String alt = Xml.escape("test sample " + sample.index() + " of class " + label);
      html.raw("<img src=\"" + source + "\" alt=\"" + alt + "\"/>");
    }
    boolean right = sample.label() == sample.prediction();
    html.raw("<dl>").element("dt", "Test sample").element("dd", Integer.toString(sample.index()));
    html.element("dt", "Class").element("dd", label).element("dt", "Predicted");
    html.element("dd", right ? "right" : "wrong", prediction + (right ? " ✓" : " ✗"));
    html.raw("</dl></figure>\n");
  }

  private static void writeMembranes(List<Layer> layers, Html html) {
    if (layers.isEmpty()) {
      return;
    }
    html.element("h3", "Membrane of one neuron").raw("<div class=\"grid\">\n");
    boolean any = false;
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      if (layer.potential() != null) {
        writeMembrane(layer, layer.potential(), html);
        any = true;
      }
    }
    if (!any) {
      html.missing("trace.json has no potential: no membrane was recorded.");
    }
    html.raw("</div>\n");
  }

  private static void writeMembrane(Layer layer, Potential potential, Html html) {
    int steps = layer.steps();
    double[] time = IntStream.rangeClosed(1, steps).mapToDouble(t -> t).toArray();
    double[] f = potential.f().stream().mapToDouble(Float::doubleValue).toArray();
    double[] v = potential.v().stream().mapToDouble(Float::doubleValue).toArray();
    double[] spikes =
        IntStream.range(0, steps)
            .mapToDouble(t -> potential.s().get(t) != 0 ? f[t] : Double.NaN)
            .toArray();
    double[] edges = {0.7, steps + 0.3};
    double[] threshold = {layer.threshold(), layer.threshold()};
    String title = layer.name() + ", neuron " + potential.neuron();
    html.chart(
        new LineChart(title, "time step")
            .with(Option.WHOLE_X, Option.LOW)
            .line(
                ReportedRun.isBuiltIn(layer.name()) ? "F, before the reset" : "u of spike(u)",
                "",
                time,
                f,
                Pen.solid(0))
            .line(
                ReportedRun.isBuiltIn(layer.name())
                    ? "V, after the reset"
                    : "first state, after the step",
                "",
                time,
                v,
                Pen.solid(2))
            .line("threshold", "", edges, threshold, new Pen(Ink.line(7), LineChart.Look.DASHED))
            .line("spike", "", time, spikes, new Pen(Ink.line(1), LineChart.Look.DOTS)));
  }

  private SampleSection() {}
}
