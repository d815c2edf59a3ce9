package org.klif.report;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.klif.run.RunMetrics;

/** The head of the page: the run's name and the numbers that are looked for first. */
final class Headline {
  private final ReportedRun run;

  Headline(ReportedRun run) {
    this.run = run;
  }

  void write(Html html) {
    html.raw("<header>\n").element("p", "kicker", "Klif report").element("h1", run.name());
    html.element("p", "facts", facts()).raw("\n<dl class=\"cards\">\n");
    if (run.metrics().isPresent()) {
      writeMetrics(html, run.metrics().get());
    }
    run.trace()
        .map(trace -> trace.parameters())
        .ifPresent(number -> card(html, "Parameters", Numbers.whole(number), ""));
    html.raw("</dl>\n");
    if (run.metrics().isEmpty()) {
      html.missing("metrics.csv is missing: no numbers to show.");
    } else if (run.metrics().get().epochs() == 0) {
      html.missing("metrics.csv has no epoch yet: no numbers to show.");
    }
    html.raw("</header>\n");
  }

  private String facts() {
    String facts =
        String.join(
            " · ",
            Stream.of(
                    run.option("preset"),
                    run.option(RunGroup.DATA).or(() -> run.trace().map(t -> t.dataset())),
                    run.neuron(),
                    run.option(RunGroup.STEPS).map(t -> "T " + t),
                    run.option("batch").map(b -> "batch " + b),
                    run.option("device"),
                    run.option("seed").map(s -> "seed " + s))
                .flatMap(Optional::stream)
                .distinct()
                .toList());
    return facts.isEmpty() ? "no configuration" : facts;
  }

  private static void writeMetrics(Html html, RunMetrics metrics) {
    int epochs = metrics.epochs();
    if (epochs == 0) {
      return;
    }
    if (metrics.has("testAccuracy")) {
      double[] accuracy = metrics.column("testAccuracy");
      double[] epoch = metrics.column("epoch");
      card(html, "Test accuracy", Numbers.percent(accuracy[epochs - 1]), "last epoch");
      int best = 0;
      for (int i = 1; i < epochs; i++) {
        if (accuracy[i] > accuracy[best] || Double.isNaN(accuracy[best])) {
          best = i;
        }
      }
      String when = Double.isNaN(accuracy[best]) ? "" : "epoch " + Numbers.whole(epoch[best]);
      card(html, "Best accuracy", Numbers.percent(accuracy[best]), when);
    }
    if (metrics.has("trainLoss")) {
      double[] loss = metrics.column("trainLoss");
      card(html, "Training loss", Numbers.significant(loss[epochs - 1]), "last epoch");
    }
    card(html, "Epochs", Integer.toString(epochs), "");
    List<String> layers = metrics.layers("rate");
    if (!layers.isEmpty()) {
      String rate = Numbers.percent(metrics.lastFiringRate(), 1);
      card(html, "Firing rate", rate, "mean of " + layers.size() + " layers");
    }
    if (metrics.has("seconds")) {
      double seconds = metrics.median("seconds").orElse(Double.NaN);
      card(html, "Time per epoch", Numbers.significant(seconds) + " s", "median");
    }
    if (metrics.has("imagesPerSecond")) {
      double rate = metrics.median("imagesPerSecond").orElse(Double.NaN);
      card(html, "Images/s", Numbers.whole(rate), "median");
    }
  }

  private static void card(Html html, String name, String value, String note) {
    html.raw("<div>").element("dt", name).raw("<dd>").text(value);
    html.element("small", note.isEmpty() ? "\u00A0" : note).raw("</dd></div>\n");
  }
}
