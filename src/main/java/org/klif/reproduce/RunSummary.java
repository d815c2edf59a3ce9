package org.klif.reproduce;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.klif.io.AtomicFile;
import org.klif.io.JsonFile;
import org.klif.io.WholeFile;
import org.klif.run.RunFolder;
import org.klif.run.RunTrace;
import org.klif.train.Checkpoint;

/**
 * What the table takes of a run from its checkpoint and its trace: a few numbers, so that neither
 * has to be kept for it. {@code run.json} beside a run's config.yaml and metrics.csv.
 *
 * @param parameters that are learned; 0 where unknown
 * @param samples that were watched; 0 where unknown
 * @param operations synaptic operations for one sample; null where unknown
 * @param picojoules estimate for one sample; null where unknown
 */
record RunSummary(
    long parameters, int samples, @Nullable Double operations, @Nullable Double picojoules) {
  private static final String FILE = "run.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of a run whose folder is whole. */
  static RunSummary of(RunFolder folder) {
    RunTrace trace = RunTrace.read(folder.trace());
    return new RunSummary(
        Checkpoint.parameters(folder.best()),
        trace.confusion().stream().flatMap(row -> row.stream()).mapToInt(n -> n).sum(),
        known(trace.operations()),
        known(trace.picojoules()));
  }

  private static @Nullable Double known(double value) {
    return Double.isFinite(value) ? (Double) value : null;
  }

  static double orNaN(@Nullable Double value) {
    return value == null ? Double.NaN : value;
  }

  /** The one that was kept; all unknown where none was. */
  static RunSummary kept(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      return new RunSummary(0, 0, null, null);
    }
    return JsonFile.read(file, JSON, RunSummary.class, "numbers of a run", WholeFile.LARGEST_TEXT);
  }

  void write(Path folder) {
    AtomicFile.write(folder.resolve(FILE), JSON.valueToTree(this).toPrettyString() + "\n");
  }
}
