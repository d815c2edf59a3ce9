package org.klif.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
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
    Path run = SAMPLES.resolve("mnist-small-klif");
    SampleRun.write(run, 12, 8, 10);
    Document page = page(run);
    Set<String> sections = new HashSet<>();
    elements(page, "section").forEach(s -> sections.add(s.getAttribute("id")));
    assertEquals(SECTIONS, sections);
    String text = page.getDocumentElement().getTextContent();
    for (Element paragraph : elements(page, "p")) {
      assertFalse(paragraph.getAttribute("class").equals("missing"), paragraph.getTextContent());
    }
    assertTrue(text.contains("857\u202F738"), "parameters");
    assertTrue(text.contains("Best accuracy"), "headline");
    assertTrue(text.contains("M. Horowitz, ISSCC 2014"), "source of the energy figures");
    assertTrue(text.contains("neuron.surrogate.alpha"), "configuration");
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
    assertTrue(image.getAttribute("alt").contains("class 7"));
  }

  @Test
  void pageLoadsNothingAndIsSmall() throws Exception {
    Path run = SAMPLES.resolve("long");
    SampleRun.write(run, 400, 64, 10);
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
    SampleRun.write(folder.resolve("run"), 2, 4, 10);
    String text = page(folder.resolve("run")).getDocumentElement().getTextContent();
    // 225792 * 4.6 pJ + (1907490 + 353239 + 15360) * 0.9 pJ = 3087123 pJ
    assertTrue(text.contains("3.09 µJ"), "energy of the spiking network");
    // (225792 + 14450688 + 3211264 + 102400) * 4.6 pJ = 82754662 pJ
    assertTrue(text.contains("82.8 µJ"), "dense at every step");
    // (225792 + (14450688 + 3211264 + 102400) / 4) * 4.6 pJ = 21467648 pJ
    assertTrue(text.contains("21.5 µJ"), "one dense pass");
  }

  @Test
  void oneEpochAndManyClassesAndOneStepAreDrawn() throws Exception {
    Path run = SAMPLES.resolve("short");
    SampleRun.write(run, 1, 1, 101);
    Document page = page(run);
    assertEquals(4 + 3 + 1 + 1 + 4 + 4 + 1, elements(page, "svg").size());
    assertTrue(page.getDocumentElement().getTextContent().contains("Most frequent confusions"));
  }

  @Test
  void missingPiecesAreNamed() throws Exception {
    Path run = folder.resolve("run");
    SampleRun.write(run, 3, 4, 10);
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
    Path run = folder.resolve("run");
    Files.createDirectories(run);
    Files.writeString(
        run.resolve("metrics.csv"),
        "epoch,trainLoss,testAccuracy,tau.1.plif\n1,NaN,,2.0\n2,Infinity,0.5,NaN\n");
    String html = Files.readString(Report.write(run));
    assertFalse(html.contains("NaN") || html.contains("Infinity"), "a number that is none");
    assertTrue(html.contains("metrics.csv has no values of trainLoss."), "diverged loss");
    assertTrue(html.contains("Time constant τ"), "a PLIF network has tau");
    Files.writeString(run.resolve("metrics.csv"), "epoch,trainLoss,testAccuracy\n");
    assertTrue(Files.readString(Report.write(run)).contains("metrics.csv has no epoch yet"));
  }

  @Test
  void corruptFilesAreNamedAndNoReportIsLeft() throws IOException {
    Path run = folder.resolve("run");
    SampleRun.write(run, 3, 4, 10);
    Path metrics = run.resolve("metrics.csv");
    List<String> lines = new ArrayList<>(Files.readAllLines(metrics));
    lines.set(2, lines.get(2).replaceFirst("^2,[^,]*,", "2,0.x5,"));
    Files.write(metrics, lines);
    assertRefused(run, "metrics.csv, line 3: \"0.x5\" in column trainLoss is not a number");

    SampleRun.write(run, 3, 4, 10);
    Files.writeString(run.resolve("trace.json"), "{\"layers\": [");
    assertRefused(run, "trace.json, line 1");

    SampleRun.write(run, 3, 4, 10);
    Files.writeString(run.resolve("config.yaml"), "a: [1, 2\nb: 3\n");
    assertRefused(run, "config.yaml, line 2");

    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertRefused(empty, "is not a run folder");
    assertRefused(folder.resolve("absent"), "No run folder");
  }

  @Test
  void markupInNamesIsText() throws Exception {
    Path run = folder.resolve("a <b> & \"c\"");
    SampleRun.write(run, 2, 4, 10);
    Files.writeString(
        run.resolve("config.yaml"), "preset: \"</td><script>alert(1)</script>\"\nx: \"\\u0007\"\n");
    Document page = page(run);
    assertEquals("a <b> & \"c\"", elements(page, "h1").get(0).getTextContent());
    assertTrue(elements(page, "script").isEmpty());
  }

  /** A run's folder may be a stranger's. */
  @Test
  void plantedLinksDoNothing() throws Exception {
    Path run = folder.resolve("links");
    SampleRun.write(run, 2, 4, 10);
    Path victim = Files.writeString(folder.resolve("victim"), "mine");
    for (String name : List.of("report.html", "report.html.tmp")) {
      Files.createSymbolicLink(run.resolve(name), victim);
    }
    page(run);
    assertEquals("mine", Files.readString(victim));
    assertTrue(Files.isRegularFile(run.resolve("report.html"), LinkOption.NOFOLLOW_LINKS));
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
