package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.neuron.file.Trust;
import org.klif.report.Report;
import org.klif.run.FiringRates;
import org.klif.run.RunFolder;
import org.klif.run.RunTrace;
import org.klif.run.RunTrace.Kind;
import org.klif.run.RunTrace.SynapticOperations;

/**
 * What a trained run says of itself is measured, and what was not measured is said to be missing.
 */
class MeasuredRunTest {
  private static final String SILENT = "neuron.threshold=100";

  @TempDir Path folder;

  private final Runs.Listener listener = new Runs.Listener();

  private RunFolder train(String... settings) {
    RunFolder run = new RunFolder(folder.resolve("run"));
    Runs.start(Runs.small(settings), run, listener, () -> false);
    return run;
  }

  private List<String> warnings() {
    return listener.lines.stream().filter(line -> line.startsWith("warning: ")).toList();
  }

  /** 360 test samples, which a batch of 361 does not fill: all of them are measured. */
  @Test
  void aBatchLargerThanTheTestSetIsMeasuredAll() throws IOException {
    RunFolder run = train("batch=361", "epochs=1");
    RunTrace trace = RunTrace.read(run.trace());
    assertEquals(2, trace.layers().size(), "rasters");
    assertNotNull(trace.sample(), "a sample");
    assertEquals(
        List.of(360, 360), trace.firingRates().stream().map(FiringRates::samples).toList());
    Map<String, SynapticOperations> layers =
        trace.synapticOperations().stream()
            .collect(Collectors.toMap(SynapticOperations::layer, layer -> layer));
    SynapticOperations spiking = layers.get("5.fc");
    assertEquals(Kind.AC, spiking.kind());
    assertTrue(spiking.inputRate() > 0 && spiking.inputRate() < 0.9, spiking.toString());
    assertEquals(spiking.macs() * spiking.inputRate(), spiking.operations());
    // the rates of single neurons are over the same samples, at most four of them in a pooled one
    double fired = trace.firingRates().get(0).mean();
    assertTrue(spiking.inputRate() >= fired && spiking.inputRate() <= 4 * fired, "rate " + fired);
    String report = Files.readString(Report.write(run.path()));
    assertFalse(report.contains("trace.json has no"), "a part of the report is missing");
    assertFalse(report.contains("before Klif wrote"), "a guess");
  }

  /** Full batches of the test set, or all of it, give the same picture of the same network. */
  @Test
  void whatIsMeasuredDoesNotDependOnTheBatch() {
    RunFolder run = train("epochs=1", "batch=180");
    RunTrace whole = RunTrace.read(run.trace());
    try (RunContext context = RunContext.open(run.readConfig(), run, Trust.SHIPPED);
        var data = context.loadData(line -> {})) {
      context.load(run.last());
      for (int batch : new int[] {180, 361, 1000}) {
        try (var plan = context.network().plan(batch, true)) {
          RunTrace other = new TraceRecorder(context, data.test(), plan).record(List.of());
          assertEquals(whole.layers(), other.layers(), "batch " + batch);
          for (int i = 0; i < whole.synapticOperations().size(); i++) {
            SynapticOperations one = whole.synapticOperations().get(i);
            SynapticOperations two = other.synapticOperations().get(i);
            assertEquals(one.inputRate(), two.inputRate(), 1e-9, "batch " + batch);
            assertEquals(one.products(), two.products(), 1e-3, "batch " + batch);
          }
        }
      }
    }
  }

  /** Behind spikes an addition, behind their mean and the sum of two branches a product. */
  @Test
  void additionsAndMultiplyAddsAreCountedByWhatTheInputIs() throws IOException {
    RunFolder run =
        train(
            "network=c8k3p1 bn sn ap2 | c8k3p1 bn sn | res( c8k3p1 bn sn ) | fc40 bn sn | fc40 bn sn | vote4",
            "neuron.threshold=0.3",
            "batch=100",
            "epochs=2");
    RunTrace trace = RunTrace.read(run.trace());
    List<SynapticOperations> layers = trace.synapticOperations();
    SynapticOperations image = layers.get(0);
    assertEquals(image.macs(), image.products(), "an image is multiplied");
    SynapticOperations pooled = layers.get(1);
    assertTrue(pooled.products() > 0.1 * pooled.operations(), "a quarter is multiplied");
    assertTrue(pooled.additions() > 0, "four spikes of four are 1: " + pooled);
    SynapticOperations spikes = layers.get(2);
    assertEquals(0, spikes.products(), "spikes are added: " + spikes);
    SynapticOperations sum = layers.get(3);
    assertTrue(sum.products() > 0 && sum.additions() > 0, "1 + 1 is multiplied: " + sum);
    assertEquals(0, layers.get(4).products(), "spikes again");
    double picojoules = 0;
    for (SynapticOperations layer : layers) {
      assertEquals(layer.operations(), layer.additions() + layer.products(), 1e-6);
      picojoules += 0.9 * layer.additions() + 4.6 * layer.products();
    }
    assertEquals(picojoules, trace.picojoules(), 1e-6 * picojoules);
    String report = Files.readString(Report.write(run.path()));
    assertTrue(report.contains("any other value (a mean of spikes behind ap, a sum behind res)"));
  }

  /** A number that a trace leaves out is no measured 0. */
  @ParameterizedTest
  @ValueSource(strings = {"inputRate", "operations", "macs", "threshold", "prediction", "silent"})
  void aNumberThatIsNotThereIsNotTakenForZero(String key) throws IOException {
    RunFolder run = train("epochs=1");
    String text = Files.readString(run.trace());
    String without = text.replaceFirst("\"" + key + "\":[^,}\\]]*,?", "").replace(",}", "}");
    assertTrue(without.length() < text.length());
    Files.writeString(run.trace(), without);
    KlifException e = assertThrows(KlifException.class, () -> RunTrace.read(run.trace()));
    assertTrue(e.getMessage().contains("'" + key + "'"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"klif", "lif", "plif", "if"})
  void aNetworkThatNeverFiresIsWarnedOfInItsFirstEpoch(String neuron) {
    train("epochs=1", "neuron.model=" + neuron, SILENT);
    assertEquals(1, warnings().size(), listener.lines.toString());
    String warning = warnings().get(0);
    assertTrue(warning.startsWith("warning: no layer fires since "), warning);
    assertTrue(warning.contains("a lower neuron.threshold than 100.0"), warning);
    assertFalse(warning.contains("bn ahead"), "each neuron has a bn ahead: " + warning);
    assertEquals(!neuron.equals("if"), warning.contains("neuron.decayInput=false"), warning);
  }

  @ParameterizedTest
  @CsvSource({
    "alif, neuron.values.tau=1e6, tau",
    "eif, neuron.values.tau=1e6, tau",
    "glif, neuron.values.beta=0.9999 neuron.values.conduct=1e-5, threshold",
    "cubalif, neuron.values.tau=1e6, tau"
  })
  void soIsOneOfNeuronsFromFiles(String neuron, String settings, String helps) {
    List<String> all = new ArrayList<>(List.of("epochs=1", "neuron.model=" + neuron));
    all.add("network=fc40 bn sn | fc40 bn sn | vote4");
    all.addAll(List.of(settings.split(" ", -1)));
    train(all.toArray(String[]::new));
    assertFalse(warnings().isEmpty(), listener.lines.toString());
    String warning = warnings().get(0);
    assertTrue(warning.startsWith("warning: no layer fires since "), warning);
    assertTrue(warning.contains("another neuron.values."), warning);
    assertTrue(warning.contains(helps), warning);
  }

  @Test
  void aLayerThatNeverFiresIsNamedWithWhatHelpsThere() {
    train(
        "epochs=1",
        "neuron.threshold=1.5",
        "network=fc40 bn sn | fc40 lif | vote4",
        "initialisation=xavier-uniform",
        "optimizer.learningRate=1e-9");
    List<String> silent =
        warnings().stream().filter(w -> w.startsWith("warning: layer 4.lif never fires")).toList();
    assertEquals(1, silent.size(), listener.lines.toString());
    assertTrue(silent.get(0).contains("bn ahead of the neuron"), silent.get(0));
    assertTrue(silent.get(0).contains("initialisation=kaiming-normal"), silent.get(0));
  }

  /** What its braces say stands over the configuration, so the configuration would not help. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "sn{threshold=100}; a lower threshold in its braces {threshold=100} than 100.0",
        "lif{tau=2,decayInput=true,threshold=100}; decayInput=false in its braces {tau=2,decayInput=true,threshold=100}",
        "alif{values.tau=1e6}; another neuron.values.tau, beta, rho (over which its braces stand: {values.tau=1e6})"
      })
  void theAdviceNamesTheBracesOfTheLayer(String neuron, String advice) {
    train("epochs=1", "network=fc40 bn sn | fc40 bn " + neuron + " | vote4");
    assertEquals(1, warnings().size(), listener.lines.toString());
    assertTrue(warnings().get(0).contains(advice), warnings().get(0));
  }

  @Test
  void aNetworkThatFiresIsNotWarnedOf() {
    train("epochs=1");
    assertEquals(List.of(), warnings());
  }

  /**
   * Of 1437 training samples, 359 at a time leave one; T repetitions of one image are one value.
   */
  @ParameterizedTest
  @CsvSource({"1, a batch of 1 sample", "359, a batch of 1 sample"})
  void statisticsOfOneValueAreRefused(String batch, String where) {
    UsageException e =
        assertThrows(
            UsageException.class, () -> train("batch=" + batch, "network=fc40 bn sn | vote4"));
    assertTrue(e.getMessage().startsWith("batch norm 1.bn has one value a channel in " + where));
    assertTrue(e.getMessage().contains("another batch size helps"), e.getMessage());
  }

  @Test
  void aShardsPartOfOneSampleIsRefusedUnlessStatisticsAreShared() {
    String[] alone = {
      "network=fc40 bn sn | vote4", "batch=7", "shards=4", "threads=1", "syncBatchNorm=false"
    };
    UsageException e = assertThrows(UsageException.class, () -> train(alone));
    assertTrue(e.getMessage().contains("a shard's part of a batch of 1 sample"), e.getMessage());
  }

  /** An image's pixels, and the steps behind a neuron, are values of their own. */
  @Test
  void oneSampleOfManyValuesIsTrained() {
    train("batch=359", "epochs=1", "network=c4k3 bn sn mp2 | fc40 sn fc40 bn sn | vote4");
    assertTrue(listener.lines.stream().anyMatch(line -> line.startsWith("epoch 1/1")));
  }
}
