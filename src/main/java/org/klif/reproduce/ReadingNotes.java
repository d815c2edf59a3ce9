package org.klif.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** How the numbers of the table are to be read. */
final class ReadingNotes {
  /** A test set below this size is spoken of. */
  private static final int FEW_SAMPLES = 1000;

  /** One entry a paragraph; only what concerns these lines. */
  static List<String> of(List<TableLine> lines) {
    List<String> notes = new ArrayList<>();
    notes.add(
        "mean, sd: test accuracy in percent over the seeds, and its sample standard deviation. to LIF: mean difference in points of runs with the same"
            + " seed, and its 95 % interval by Student's t, which takes the differences as normally distributed; with two or three pairs it is wide.");
    notes.add(
        "Each neuron has its own defaults: KLIF's reset is not detached, that of LIF, PLIF and IF is, so a difference is that of both. The recipes that were"
            + " chosen here were chosen with KLIF and are the same for all neurons, which may favour it.");
    if (lines.stream().anyMatch(line -> line.key().row().lastEpoch())) {
      notes.add(
          "A, last epoch: each run is trained on all training samples and counts with its last epoch; nothing is chosen on the test samples.");
    }
    if (lines.stream()
        .anyMatch(l -> l.key().protocol() == Protocol.A && !l.key().row().lastEpoch())) {
      notes.add(
          "Protocol A: each run counts with its best epoch on the test samples. The epoch is chosen on the samples that are reported, so the figure is"
              + " too high, for every neuron alike; the last epoch's is beside it.");
    }
    if (uses(lines, Protocol.B)) {
      notes.add(
          "Protocol B: 15 % of the training samples are held out, choose the epoch, and that checkpoint is measured on the test samples once.");
    }
    notes.add(
        "s/epoch: median, training without evaluation, with whatever else the machine did at the time; min/run: that times the epochs. Firing rate (spikes per neuron-step, mean of the"
            + " layers), synaptic operations, energy and learned k or tau are of the network after its last epoch, means over the seeds; energy is an estimate"
            + " of 0.9 pJ an addition (an input of 1 behind neurons) and 4.6 pJ a multiply-add (any other input that is not 0, and all of a layer that sees real"
            + " values) (M. Horowitz, ISSCC 2014, 45 nm) without memory traffic.");
    TreeSet<String> parts = new TreeSet<>();
    for (TableLine line : lines) {
      if (line.ofAPart()) {
        parts.add(
            String.format(
                Locale.ROOT,
                "%s (%,d of %,d test samples)",
                line.key().row().data(),
                line.testSamples(),
                line.wholeTest()));
      }
    }
    if (!parts.isEmpty()) {
      notes.add(
          "Of these sets only a part was at hand, so their accuracies are not comparable with published ones: "
              + String.join(", ", parts)
              + ".");
    }
    TreeSet<String> few = new TreeSet<>();
    for (TableLine line : lines) {
      if (line.testSamples() > 0 && line.testSamples() < FEW_SAMPLES) {
        few.add(
            "%s %s points"
                .formatted(line.key().row().data(), Column.percent(1.0 / line.testSamples())));
      }
    }
    if (!few.isEmpty()) {
      notes.add(
          "With so few test samples one of them weighs: in " + String.join(", in ", few) + ".");
    }
    notes.add(
        "Published figures are quoted, not measured here. They are of one run each where nothing else is said, and stand beside rows of the same network with"
            + " the epochs and T that they name.");
    lines.stream().map(ReadingNotes::command).distinct().forEach(notes::add);
    return notes;
  }

  /** How one run of a line is repeated; only the neuron and the seed differ within a row. */
  private static String command(TableLine line) {
    LineKey key = line.key();
    StringBuilder text =
        new StringBuilder(
            "One run of %s again: ./klif train %s".formatted(key.comparison(), key.row().preset()));
    text.append(" --neuron NEURON --seed SEED --T ").append(key.steps());
    text.append(" --precision ").append(key.precision());
    text.append(" --threads ").append(line.runs().get(0).threads());
    key.row()
        .settings()
        .forEach(
            (k, v) -> {
              if (!k.equals("precision")) {
                text.append(" --set \"").append(k).append('=').append(v).append('"');
              }
            });
    if (key.protocol() == Protocol.B) {
      text.append(" --set split=validation");
    }
    return text.append(" --data DIR").toString();
  }

  private static boolean uses(List<TableLine> lines, Protocol protocol) {
    return lines.stream().anyMatch(line -> line.key().protocol() == protocol);
  }

  private ReadingNotes() {}
}
