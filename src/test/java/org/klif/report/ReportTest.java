package org.klif.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.base.Splitter;
import com.google.common.primitives.Ints;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.run.RunMetrics;
import org.klif.run.RunTrace;
import org.klif.run.RunTrace.SynapticOperations;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ReportTest {
  private static final Set<String> SECTIONS =
      Set.of(
          "curves",
          "neurons",
          "firing",
          "surrogate",
          "sample",
          "confusion",
          "operations",
          "configuration");

  /** Stay in target, to be looked at in a browser. */
  private static final Path SAMPLES = Path.of("target/report-sample");

  @TempDir Path folder;

  @Test
  void wholeRunGivesEverySection() throws Exception {
    Document page = page(TrainedRuns.digits(SAMPLES.resolve("digits-klif")));
    Set<String> sections = new HashSet<>();
    elements(page, "section").forEach(s -> sections.add(s.getAttribute("id")));
    assertEquals(SECTIONS, sections);
    String text = page.getDocumentElement().getTextContent();
    for (Element paragraph : elements(page, "p")) {
      assertFalse(paragraph.getAttribute("class").equals("missing"), paragraph.getTextContent());
    }
    assertEquals("64\u202F940", card(page, "Parameters"));
    Element facts =
        elements(page, "p").stream()
            .filter(p -> p.getAttribute("class").equals("facts"))
            .findFirst()
            .orElseThrow();
    // the preset's name is that of its data set
    assertTrue(
        facts.getTextContent().startsWith("digits · klif · T 4 · batch 256 · "),
        facts.getTextContent());
    assertTrue(text.contains("Surrogate atan, α = 2, threshold Vth = 1:"), "surrogate");
    assertTrue(text.contains("Best accuracy"), "headline");
    assertTrue(text.contains("M. Horowitz, ISSCC 2014"), "source of the energy figures");
    assertTrue(text.contains("neuron.alpha"), "configuration");
    // 4 curves; k, rate, gradient norms; neurons by rate; surrogate; a raster and a membrane for
    // each of 4 layers
    List<Element> drawings = elements(page, "svg");
    assertEquals(4 + 3 + 1 + 1 + 4 + 4, drawings.size());
    for (Element svg : drawings) {
      assertEquals("img", svg.getAttribute("role"));
      assertFalse(svg.getAttribute("aria-label").isBlank());
    }
    Element image = elements(page, "img").get(0);
    assertTrue(image.getAttribute("src").startsWith("data:image/png;base64,"));
    assertTrue(image.getAttribute("alt").startsWith("test sample 0 of class "));
  }

  @Test
  void pageLoadsNothingAndIsSmall() throws Exception {
    Path run = TrainedRuns.longRun(SAMPLES.resolve("long"));
    Document page = page(run);
    String html = Files.readString(run.resolve("report.html"));
    assertTrue(html.length() < 1_500_000, "characters: " + html.length());
    assertFalse(html.contains("http"), "an address");
    assertFalse(html.contains("@import") || html.contains("<script"), "something to load or run");
    assertFalse(html.contains("NaN") || html.contains("Infinity"), "a number that is none");
    Set<String> ids = new HashSet<>();
    for (Element e : elements(page, "*")) {
      String id = e.getAttribute("id");
      assertTrue(id.isEmpty() || ids.add(id), "id " + id + " appears twice");
    }
    for (Element link : elements(page, "a")) {
      assertTrue(ids.contains(link.getAttribute("href").substring(1)), "dead link");
    }
  }

  @Test
  void numbersOfTheTableAreThoseOfTheTrace() throws Exception {
    Path run = TrainedRuns.digits(folder.resolve("run"));
    String text = page(run).getDocumentElement().getTextContent();
    // spikes are only added; the image is multiplied, once for all steps
    double spiking = 0;
    double dense = 0;
    double once = 0;
    for (SynapticOperations layer : RunTrace.read(run.resolve("trace.json")).synapticOperations()) {
      boolean image = layer.layer().startsWith("0.");
      spiking += image ? 4.6 * layer.macs() : 0.9 * layer.macs() * layer.inputRate();
      dense += 4.6 * layer.macs();
      once += 4.6 * layer.macs() / (image ? 1 : 4);
    }
    assertTrue(spiking < once && once < dense);
    assertTrue(text.contains("this spiking network" + Numbers.energy(spiking)), text);
    assertTrue(text.contains("at every time step" + Numbers.energy(dense)), text);
    assertTrue(text.contains("one dense pass" + Numbers.energy(once)), text);
  }

  @Test
  void oneEpochAndOneStepAreDrawn() throws Exception {
    Path run = TrainedRuns.small(SAMPLES.resolve("short"), "epochs=1", "T=1");
    assertEquals(4 + 3 + 1 + 1 + 1 + 1, elements(page(run), "svg").size());
  }

  /** No set that Klif knows has so many: a trained run's matrix, as the corner of a larger one. */
  @Test
  void manyClassesAreDrawn() throws Exception {
    Path run = TrainedRuns.small(SAMPLES.resolve("classes"), "epochs=1");
    Path file = run.resolve("trace.json");
    RunTrace trace = RunTrace.read(file);
    int[][] counts = new int[101][101];
    for (int i = 0; i < 10; i++) {
      for (int j = 0; j < 10; j++) {
        counts[91 + i][91 + j] = trace.confusion().get(i).get(j);
      }
    }
    new RunTrace(
            trace.dataset(),
            IntStream.range(0, 101).mapToObj(Integer::toString).toList(),
            trace.sample(),
            trace.layers(),
            Stream.of(counts).map(Ints::asList).toList(),
            trace.synapticOperations(),
            trace.energy(),
            trace.firingRates(),
            trace.parameters())
        .write(file);
    Document page = page(run);
    assertEquals(4 + 3 + 1 + 1 + 1 + 1 + 1, elements(page, "svg").size());
    assertTrue(page.getDocumentElement().getTextContent().contains("Most frequent confusions"));
  }

  @Test
  void missingPiecesAreNamed() throws Exception {
    Path run = TrainedRuns.small(folder.resolve("run"));
    Files.delete(run.resolve("trace.json"));
    Files.delete(run.resolve("config.yaml"));
    String text = page(run).getDocumentElement().getTextContent();
    assertTrue(text.contains("trace.json is missing: no sample was traced."), text);
    assertTrue(text.contains("trace.json is missing: there is no confusion matrix."), text);
    assertTrue(text.contains("config.yaml is missing or empty"), text);
    assertTrue(text.contains("config.yaml names no neuron.surrogate"), text);

    Files.delete(run.resolve("metrics.csv"));
    Files.writeString(run.resolve("trace.json"), "{}");
    text = page(run).getDocumentElement().getTextContent();
    assertTrue(text.contains("metrics.csv is missing: there are no curves."), text);
    assertTrue(text.contains("trace.json has no sample."), text);
    assertTrue(text.contains("trace.json has no layers"), text);
    assertTrue(text.contains("trace.json has no synapticOperations."), text);
  }

  @Test
  void emptyAndDivergedColumnsAreNoNumbers() throws Exception {
    Path run = TrainedRuns.small(folder.resolve("run"), "neuron.model=plif");
    Path metrics = run.resolve("metrics.csv");
    RunMetrics trained = RunMetrics.read(metrics);
    List<String> columns = new ArrayList<>(trained.columns());
    List<String> lines = new ArrayList<>(Files.readAllLines(metrics));
    for (int line = 1; line <= 2; line++) {
      List<String> cells = new ArrayList<>(Splitter.on(',').splitToList(lines.get(line)));
      cells.set(columns.indexOf("trainLoss"), line == 1 ? "NaN" : "Infinity");
      cells.set(columns.indexOf("testLoss"), "NaN");
      cells.set(columns.indexOf("testAccuracy"), line == 1 ? "" : "0.5");
      cells.set(columns.indexOf("tau.2.plif"), line == 1 ? "2.0" : "NaN");
      lines.set(line, String.join(",", cells));
    }
    Files.write(metrics, lines);
    String html = Files.readString(Report.write(run));
    assertFalse(html.contains("NaN") || html.contains("Infinity"), "a number that is none");
    assertTrue(html.contains("metrics.csv has no values of trainLoss."), "diverged loss");
    assertTrue(html.contains("Time constant τ"), "a PLIF network has tau");
    Files.writeString(metrics, lines.get(0) + "\n");
    assertTrue(Files.readString(Report.write(run)).contains("metrics.csv has no epoch yet"));
  }

  @Test
  void corruptFilesAreNamedAndNoReportIsLeft() throws IOException {
    Path run = TrainedRuns.small(folder.resolve("run"));
    Path metrics = run.resolve("metrics.csv");
    List<String> lines = new ArrayList<>(Files.readAllLines(metrics));
    lines.set(2, lines.get(2).replaceFirst("^2,[^,]*,", "2,0.x5,"));
    Files.write(metrics, lines);
    assertRefused(run, "metrics.csv, line 3: \"0.x5\" in column trainLoss is not a number");

    TrainedRuns.small(run);
    Files.writeString(run.resolve("trace.json"), "{\"layers\": [");
    assertRefused(run, "trace.json, line 1");

    TrainedRuns.small(run);
    Files.writeString(run.resolve("config.yaml"), "a: [1, 2\nb: 3\n");
    assertRefused(run, "config.yaml, line 2");

    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertRefused(empty, "is not a run folder");
    assertRefused(folder.resolve("absent"), "No run folder");
  }

  @Test
  void markupInNamesIsText() throws Exception {
    Path run = TrainedRuns.small(folder.resolve("a <b> & \"c\""));
    Path config = run.resolve("config.yaml");
    TrainedRuns.replace(config, "preset: .*", "preset: \"</td><script>alert(1)</script>\"");
    TrainedRuns.replace(config, "gpuMemory: .*", "gpuMemory: \"\\\\u0007\"");
    Document page = page(run);
    assertEquals("a <b> & \"c\"", elements(page, "h1").get(0).getTextContent());
    assertTrue(elements(page, "script").isEmpty());
  }

  /** A run's folder may be a stranger's. */
  @Test
  void plantedLinksDoNothing() throws Exception {
    Path run = TrainedRuns.small(folder.resolve("links"));
    Path victim = Files.writeString(folder.resolve("victim"), "mine");
    for (String name : List.of("report.html", "report.html.tmp")) {
      Files.createSymbolicLink(run.resolve(name), victim);
    }
    page(run);
    assertEquals("mine", Files.readString(victim));
    assertTrue(Files.isRegularFile(run.resolve("report.html"), LinkOption.NOFOLLOW_LINKS));
  }

  private static String card(Document page, String name) {
    Element heading =
        elements(page, "dt").stream()
            .filter(dt -> dt.getTextContent().equals(name))
            .findFirst()
            .orElseThrow();
    return heading.getNextSibling().getFirstChild().getTextContent();
  }

  /** A file of a Klif of before has no number of parameters: the report is the same without it. */
  @Test
  void aRunWithoutItsNumberOfParametersHasNoSuchCard() throws Exception {
    Path run = TrainedRuns.small(folder.resolve("run"));
    assertEquals(1, count(page(run), "Parameters"));
    TrainedRuns.replace(run.resolve("trace.json"), ",\"parameters\":[0-9]+", "");
    assertEquals(0, count(page(run), "Parameters"));
  }

  private static long count(Document page, String card) {
    return elements(page, "dt").stream().filter(dt -> dt.getTextContent().equals(card)).count();
  }

  private static void assertRefused(Path run, String expected) throws IOException {
    Files.deleteIfExists(run.resolve("report.html"));
    KlifException e = assertThrows(KlifException.class, () -> Report.write(run));
    assertTrue(e.getMessage().contains(expected), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), e.getMessage());
    assertFalse(Files.exists(run.resolve("report.html")));
  }

  /** Writes the report and parses it: the page is well-formed XML with its drawings inside. */
  private static Document page(Path run) throws Exception {
    Path file = Report.write(run);
    assertEquals(run.resolve("report.html"), file);
    String html = Files.readString(file);
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(html)));
  }

  private static List<Element> elements(Document page, String name) {
    NodeList found = page.getElementsByTagName(name);
    return IntStream.range(0, found.getLength()).mapToObj(i -> (Element) found.item(i)).toList();
  }
}
