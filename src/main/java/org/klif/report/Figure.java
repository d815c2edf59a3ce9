package org.klif.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.chart.Drawing;
import org.klif.chart.LineChart;

/**
 * One chart of a comparison as a picture of its own.
 *
 * @param token as a command line writes it: rate, T (accuracy against T), or what the neurons
 *     learn, k, tau or a name from their file
 */
public record Figure(String token) {
  private static final String RATE = "rate";
  private static final String STEPS = "T";

  private List<LineChart> charts(ComparedRuns compared) {
    return switch (token) {
      case RATE -> LayerTrajectories.rates().charts(compared);
      case STEPS ->
          AgainstOption.swept(compared).contains(RunGroup.STEPS)
              ? AgainstOption.charts(compared, RunGroup.STEPS)
              : List.of();
      default -> learned(compared);
    };
  }

  private List<LineChart> learned(ComparedRuns compared) {
    Set<String> names = Comparison.learned(compared);
    if (!names.contains(token) && !token.equals("k") && !token.equals("tau")) {
      List<String> known = new ArrayList<>(names);
      known.add(RATE);
      throw new UsageException(
          "--figure must be %s or T, not %s".formatted(String.join(", ", known), token));
    }
    return LayerTrajectories.learned(token).charts(compared);
  }

  /**
   * Writes the picture, atomically.
   *
   * @param runs folders of runs that make one chart: of one data set, and for values of layers of
   *     one group
   * @param picture ends in .svg or .png
   * @throws UsageException when the runs make no such chart, or several
   * @throws KlifException when a folder is no run folder, Java finds no font for a PNG, or the
   *     picture cannot be written
   */
  public void write(List<Path> runs, Path picture) {
    Drawing.requireKnown(picture);
    List<LineChart> charts = charts(Comparison.read(runs));
    if (charts.size() != 1) {
      throw new UsageException(
          charts.isEmpty()
              ? "these runs have no figure " + token + ": they hold no values for it"
              : "these runs make %d figures %s: name runs of one data set and, but for T, of one neuron"
                  .formatted(charts.size(), token));
    }
    charts.get(0).picture().write(picture);
  }
}
