package org.klif.train;

import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.klif.nn.Network;
import org.klif.optim.Optimizer;
import org.klif.run.RunFolder;
import org.klif.run.RunTrace;

/** The files that a trainer writes. Of several shards only one writes; all hold the same. */
final class RunFiles {
  private final RunFolder folder;
  private final boolean writes;
  private @Nullable EpochTable table;

  /**
   * Of a run folder.
   *
   * @param writes false: nothing is written
   */
  RunFiles(RunFolder folder, boolean writes) {
    this.folder = folder;
    this.writes = writes;
  }

  RunFolder folder() {
    return folder;
  }

  boolean writes() {
    return writes;
  }

  /** Opens metrics.csv, in line with where the run stands. */
  void openTable(List<String> columns, TrainState state) {
    if (writes) {
      table = new EpochTable(folder, columns, state);
    }
  }

  void last(TrainState state, Network network, Optimizer optimizer) {
    if (writes) {
      Checkpoint.writeLast(folder, state, network, optimizer);
    }
  }

  void best(TrainState state, Network network) {
    if (writes) {
      Checkpoint.writeBest(folder, state, network);
    }
  }

  /** A line of metrics.csv, as {@link EpochTable#append} has it. */
  void append(EpochResult result, double seconds, double imagesPerSecond) {
    if (table != null) {
      table.append(result, seconds, imagesPerSecond);
    }
  }

  OptionalDouble median(String column) {
    return table == null ? OptionalDouble.empty() : folder.median(column);
  }

  void trace(RunTrace trace) {
    if (writes) {
      trace.write(folder.trace());
    }
  }
}
