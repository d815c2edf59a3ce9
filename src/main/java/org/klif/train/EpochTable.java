package org.klif.train;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.klif.run.MetricsTable;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;

/** metrics.csv of a run: brought in line with the checkpoint first, then one line an epoch. */
final class EpochTable {
  private final MetricsTable table;
  private final Set<String> columns;

  /**
   * Opens the table and makes it agree with a checkpoint: lines of later epochs are dropped, and
   * the line of the checkpoint's epoch is added when the run was killed between the two. A table
   * begun by a version without gradient norms of the layers goes on without them.
   *
   * @param names all columns of a new table
   */
  EpochTable(RunFolder folder, List<String> names, TrainState state) {
    List<String> kept = names;
    if (folder.metrics().toFile().exists() && !RunMetrics.hasColumns(folder.metrics(), names)) {
      kept = names.stream().filter(name -> !name.startsWith(GradientNorms.PREFIX)).toList();
    }
    this.columns = Set.copyOf(kept);
    this.table = MetricsTable.open(folder.metrics(), kept);
    if (folder.metrics().toFile().exists()) {
      table.truncateAfter(state.epoch());
    }
    int written = folder.metrics().toFile().exists() ? lastEpoch(folder) : 0;
    if (state.last() != null && written < state.epoch()) {
      append(state.last(), Double.NaN, Double.NaN);
    }
  }

  private static int lastEpoch(RunFolder folder) {
    RunMetrics metrics = RunMetrics.read(folder.metrics());
    return metrics.epochs() == 0 ? 0 : (int) metrics.column("epoch")[metrics.epochs() - 1];
  }

  /**
   * Adds an epoch's line.
   *
   * @param seconds of training without evaluation; NaN when the epoch was not trained in one go
   * @param imagesPerSecond while training
   */
  void append(EpochResult result, double seconds, double imagesPerSecond) {
    Map<String, Double> line = new HashMap<>(result.layers());
    line.put("epoch", (double) result.epoch());
    line.put("trainLoss", result.trainLoss());
    line.put("trainAccuracy", result.trainAccuracy());
    line.put("testLoss", result.testLoss());
    line.put("testAccuracy", result.testAccuracy());
    line.put("learningRate", result.learningRate());
    line.put("gradientNorm", result.gradientNorm());
    line.put("seconds", seconds);
    line.put("imagesPerSecond", imagesPerSecond);
    line.keySet().retainAll(columns);
    table.append(line);
  }
}
