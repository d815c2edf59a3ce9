package org.klif.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.chart.Ink;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ComparisonTest {
  /** Stays in target, to be looked at in a browser. */
  private static final Path SAMPLE = Path.of("target/report-sample/comparison.html");

  @TempDir Path folder;

  private Path run(String name, String... settings) {
    return TrainedRuns.small(folder.resolve(name), settings);
  }

  @Test
  void seedsAreOneGroupAndLabelsNameWhatDiffers() throws Exception {
    List<Path> runs =
        List.of(
            run("a2", "seed=2", "threads=2"),
            run("a1", "seed=1", "threads=1"),
            run("b1", "seed=1", "neuron.model=lif", "neuron.softReset=true"));
    ComparedRuns compared = ComparedRuns.of(runs.stream().map(ReportedRun::read).toList());
    assertEquals(List.of("neuron.model"), compared.keys());
    assertEquals(
        List.of("neuron.model", "neuron.softReset", "neuron.detachReset"), compared.differing());
    assertEquals(List.of("KLIF", "LIF"), compared.groups().stream().map(RunGroup::label).toList());
    assertEquals(
        List.of("a1", "a2"),
        compared.groups().get(0).runs().stream().map(ReportedRun::name).toList());
    assertEquals(
        Map.of("neuron.model", "lif", "neuron.softReset", "true", "neuron.detachReset", "true"),
        compared.groups().get(1).differing());
  }

  @Test
  void statisticsAreThoseComputedByHand() {
    Statistics three = Statistics.of(List.of(0.9, 0.96, Double.NaN, 0.93));
    assertEquals(3, three.count());
    assertEquals(0.93, three.mean(), 1e-12);
    // deviations -0.03, 0.03, 0: variance (0.0009 + 0.0009) / 2
    assertEquals(0.03, three.deviation(), 1e-12);
    assertEquals(0.9, three.low());
    assertEquals(0.96, three.high());
    assertTrue(Double.isNaN(Statistics.of(List.of(1.0)).deviation()));
    assertTrue(Double.isNaN(Statistics.of(List.of()).mean()));
  }

  @Test
  void thePageIsWholeAndLoadsNothing() throws Exception {
    List<Path> runs = new ArrayList<>();
    for (int seed = 1; seed <= 3; seed++) {
      for (int steps : List.of(2, 4, 8)) {
        for (String model : List.of("klif", "lif")) {
          String name = "%s-%d-%d".formatted(model, steps, seed);
          runs.add(run(name, "neuron.model=" + model, "T=" + steps, "seed=" + seed, "epochs=1"));
        }
      }
    }
    Files.createDirectories(SAMPLE.getParent());
    Comparison.write(runs, SAMPLE);
    String html = Files.readString(SAMPLE);
    assertFalse(html.contains("http"), "an address");
    assertFalse(html.contains("@import") || html.contains("<script"), "something to load or run");
    assertFalse(html.contains("NaN") || html.contains("Infinity"), "a number that is none");
    Document page = parse(html);
    assertEquals("18 runs in 6 groups", elements(page, "h1").get(0).getTextContent());
    Set<String> ids = new HashSet<>();
    for (Element e : elements(page, "*")) {
      String id = e.getAttribute("id");
      assertTrue(id.isEmpty() || ids.add(id), "id " + id + " appears twice");
    }
    for (Element link : elements(page, "a")) {
      assertTrue(ids.contains(link.getAttribute("href").substring(1)), "dead link");
    }
    for (Element svg : elements(page, "svg")) {
      assertEquals("img", svg.getAttribute("role"));
      assertFalse(svg.getAttribute("aria-label").isBlank());
    }
    assertTrue(
        elements(page, "svg").stream()
            .anyMatch(
                svg ->
                    svg.getAttribute("aria-label")
                        .startsWith("Accuracy against T over T: KLIF from")),
        "accuracy against T, a curve a neuron");
  }

  @Test
  void layersOfNeuronsAreBesideEachOtherAndShapesBesideLif() throws Exception {
    String network = "network=fc40 bn sn | fc40 bn sn | vote4";
    Path klif = run("klif", network);
    Path lif = run("lif", network, "neuron.model=lif");
    Path out = folder.resolve("out.html");
    Comparison.write(List.of(klif, lif), out);
    List<String> figures =
        elements(parse(Files.readString(out)), "svg").stream()
            .map(svg -> svg.getAttribute("aria-label"))
            .toList();
    assertEquals(
        2,
        figures.stream()
            .filter(f -> f.matches("[0-9]+\\.klif, [0-9]+\\.lif over firing rate: KLIF .* LIF .*"))
            .count(),
        figures.toString());
    assertEquals(
        1, figures.stream().filter(f -> f.startsWith("dS/dH, atan: KLIF over H: ")).count());
    assertTrue(figures.stream().anyMatch(f -> f.startsWith("Gradient norm of every layer: LIF")));
  }

  @Test
  void figuresArePicturesAndRefusedWhereRunsMakeNoneOrSeveral() throws Exception {
    Path two = run("two", "T=2");
    Path four = run("four", "T=4");
    Path png = folder.resolve("figure.png");
    new Figure("T").write(List.of(two, four), png);
    BufferedImage picture = ImageIO.read(png.toFile());
    assertEquals(List.of(1520, 724), List.of(picture.getWidth(), picture.getHeight()));
    Set<Integer> colours = new HashSet<>();
    for (int y = 0; y < picture.getHeight(); y++) {
      for (int x = 0; x < picture.getWidth(); x++) {
        colours.add(picture.getRGB(x, y));
      }
    }
    assertTrue(colours.contains(0xFF << 24 | Ink.line(0).rgb()), "the line is drawn");
    new Figure("k").write(List.of(four), png);
    Path svg = folder.resolve("figure.svg");
    new Figure("k").write(List.of(four), svg);
    assertEquals("Scale k of every layer: KLIF", words(Files.readString(svg)).get(0));
    assertThrows(
        UsageException.class,
        () -> new Figure("k").write(List.of(four), folder.resolve("figure.pdf")));
    Files.delete(png);
    UsageException none =
        assertThrows(UsageException.class, () -> new Figure("T").write(List.of(four), png));
    assertTrue(none.getMessage().startsWith("these runs have no figure T"), none.getMessage());
    UsageException several =
        assertThrows(UsageException.class, () -> new Figure("k").write(List.of(two, four), png));
    assertTrue(
        several.getMessage().startsWith("these runs make 2 figures k"), several.getMessage());
    assertFalse(Files.exists(png));
  }

  @Test
  void whatIsMissingIsNamed() throws Exception {
    Path bare = run("bare");
    Files.delete(bare.resolve("metrics.csv"));
    Files.delete(bare.resolve("trace.json"));
    Path other = run("other", "seed=2");
    Files.writeString(other.resolve("metrics.csv"), "epoch,trainLoss\n1,0.5\n2,NaN\n");
    Files.delete(other.resolve("trace.json"));
    Path out = folder.resolve("out.html");
    Comparison.write(List.of(bare, other), out);
    String text = parse(Files.readString(out)).getDocumentElement().getTextContent();
    assertTrue(text.contains("They differ in the seed only."), text);
    assertTrue(text.contains("Without an epoch in metrics.csv: bare."), text);
    assertTrue(text.contains("no neuron here learns a scale"), text);
    assertTrue(text.contains("there are no rasters"), text);
    assertTrue(text.contains("No option with numbers varies"), text);
  }

  @Test
  void aRefusalLeavesNoFile() throws IOException {
    Path out = folder.resolve("out.html");
    Path good = run("good");
    Path corrupt = run("corrupt", "seed=2");
    Files.writeString(corrupt.resolve("trace.json"), "{\"layers\": [");
    KlifException e =
        assertThrows(KlifException.class, () -> Comparison.write(List.of(good, corrupt), out));
    assertTrue(e.getMessage().contains("corrupt/trace.json, line 1"), e.getMessage());
    assertThrows(KlifException.class, () -> Comparison.write(List.of(), out));
    assertFalse(Files.exists(out));
  }

  private static List<String> words(String svg) throws Exception {
    return elements(parse(svg), "text").stream().map(Element::getTextContent).toList();
  }

  private static Document parse(String html) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(html)));
  }

  private static List<Element> elements(Document page, String name) {
    NodeList found = page.getElementsByTagName(name);
    return IntStream.range(0, found.getLength()).mapToObj(i -> (Element) found.item(i)).toList();
  }
}
