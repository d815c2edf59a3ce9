package org.klif.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.AbstractMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.train.Runs;

/** The reports read those settings that a training run writes, and no others. */
class KeysTest {
  @TempDir Path folder;

  private final Set<String> asked = new TreeSet<>();
  private ReportedRun run;

  /** Answers as the other map, and takes down which keys it was asked for. */
  private final class Recorded extends AbstractMap<String, String> {
    private final Map<String, String> values;

    Recorded(Map<String, String> values) {
      this.values = values;
    }

    @Override
    public String get(Object key) {
      asked.add((String) key);
      return values.get(key);
    }

    @Override
    public Set<Entry<String, String>> entrySet() {
      return values.entrySet();
    }
  }

  @BeforeEach
  void train() {
    run = ReportedRun.read(TrainedRuns.small(folder.resolve("run")));
  }

  private void writeAll(Map<String, String> options) {
    ReportedRun recorded =
        new ReportedRun(run.name(), new Recorded(options), run.metrics(), run.trace());
    String page = Report.page(recorded);
    assertTrue(page.contains("<section"), page);
    assertTrue(Comparison.page(ComparedRuns.of(List.of(recorded))).contains("1 runs in 1 groups"));
  }

  @Test
  void everyKeyThatIsAskedForIsOneThatARunWrites() {
    // where nothing answers, what would be asked instead is asked, too
    writeAll(run.options());
    writeAll(Map.of());
    Set<String> written = run.options().keySet();
    assertTrue(asked.containsAll(Set.of("data", "neuron.model", "neuron.surrogate")), "" + asked);
    asked.removeAll(written);
    assertEquals(Set.of(), asked, "asked for, but not in the config.yaml of a trained run");
  }

  @Test
  void keysThatAreSortedOrLeftOutAreKeysOfAConfiguration() {
    Set<String> keys = Runs.keys();
    for (var some : List.of(ComparedRuns.OF_NO_MEANING, ComparedRuns.FIRST, ComparedRuns.LAST)) {
      assertTrue(keys.containsAll(some), some + " in " + keys);
    }
  }

  /** The other way round: a setting of a built-in neuron that the curve needs is not left out. */
  @Test
  void theCurveIsThatOfTheSettings() {
    Path other =
        TrainedRuns.small(
            folder.resolve("other"),
            "neuron.surrogate=triangle",
            "neuron.alpha=0.75",
            "neuron.threshold=0.5",
            "neuron.k=1.5",
            "neuron.relu=false",
            "epochs=1");
    SurrogateCurve curve = SurrogateCurve.of(ReportedRun.read(other)).orElseThrow();
    assertEquals("triangle", curve.name());
    assertEquals(0.75, curve.surrogate().alpha());
    assertEquals(0.5, curve.threshold());
    assertEquals(false, curve.relu());
    assertEquals(1.5, SurrogateCurve.firstScale(ReportedRun.read(other)));
  }
}
