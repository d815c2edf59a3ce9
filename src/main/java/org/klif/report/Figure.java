package org.klif.report;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.run.AtomicFile;

/** One chart of a comparison as a picture of its own. */
public enum Figure {
  /** k of every layer over the epochs. */
  K {
    @Override
    List<LineChart> charts(ComparedRuns compared) {
      return LayerTrajectories.k().charts(compared);
    }
  },
  /** The time constant of every layer over the epochs. */
  TAU {
    @Override
    List<LineChart> charts(ComparedRuns compared) {
      return LayerTrajectories.tau().charts(compared);
    }
  },
  /** The firing rate of every layer over the epochs. */
  RATE {
    @Override
    List<LineChart> charts(ComparedRuns compared) {
      return LayerTrajectories.rates().charts(compared);
    }
  },
  /** Test accuracy against T. */
  T {
    @Override
    List<LineChart> charts(ComparedRuns compared) {
      return AgainstOption.swept(compared).contains(RunGroup.STEPS)
          ? AgainstOption.charts(compared, RunGroup.STEPS)
          : List.of();
    }
  };

  abstract List<LineChart> charts(ComparedRuns compared);

  /** As a command line writes it. */
  public String token() {
    return this == T ? "T" : name().toLowerCase(Locale.ROOT);
  }

  /**
   * Writes the picture, a PNG, atomically.
   *
   * @param runs folders of runs that make one chart: of one data set, and for values of layers of
   *     one group
   * @throws UsageException when the runs make no such chart, or several
   * @throws KlifException when a folder is no run folder, Java finds no fonts, or the picture
   *     cannot be written
   */
  public void write(List<Path> runs, Path png) {
    List<LineChart> charts = charts(Comparison.read(runs));
    if (charts.size() != 1) {
      throw new UsageException(
          charts.isEmpty()
              ? "these runs have no figure " + token() + ": they hold no values for it"
              : "these runs make %d figures %s: name runs of one data set and, but for T, of one neuron"
                  .formatted(charts.size(), token()));
    }
    byte[] picture;
    try {
      picture = charts.get(0).png();
    } catch (LinkageError | InternalError e) {
      throw new KlifException(
          "Java finds no fonts here, so nothing can be drawn; install fontconfig and a font", e);
    }
    AtomicFile.write(png, picture);
  }
}
