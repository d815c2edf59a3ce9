package org.klif.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.chart.LineChart.Look;
import org.klif.chart.LineChart.Option;
import org.klif.chart.LineChart.Pen;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class LineChartTest {
  private static final double[] EPOCHS = {1, 2, 3, 4};

  @TempDir Path folder;

  private static LineChart chart() {
    return new LineChart("Loss", "epoch").with(Option.WHOLE_X);
  }

  private static List<Element> elements(String svg, String name) throws Exception {
    NodeList found =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(svg)))
            .getElementsByTagName(name);
    return IntStream.range(0, found.getLength()).mapToObj(i -> (Element) found.item(i)).toList();
  }

  private static List<Element> curves(String svg, Pen pen) throws Exception {
    return elements(svg, "path").stream()
        .filter(path -> path.getAttribute("stroke").equals(pen.ink().css()))
        .toList();
  }

  @Test
  void aPageGivesItsColoursAndIsDescribed() throws Exception {
    String svg = chart().line("a <b>\u0007", "", EPOCHS, EPOCHS, Pen.solid(0)).plot().inline();
    assertTrue(svg.contains("var(--grid)") && svg.contains("currentColor"), svg);
    assertFalse(svg.contains("http"), svg);
    Element root = elements(svg, "svg").get(0);
    assertEquals("img", root.getAttribute("role"));
    assertEquals(
        "Loss over epoch: a <b>\uFFFD from 1.000 to 4.000", root.getAttribute("aria-label"));
    assertEquals(root.getAttribute("aria-label"), elements(svg, "title").get(0).getTextContent());
    assertTrue(elements(svg, "text").stream().anyMatch(t -> t.getTextContent().equals("epoch")));
  }

  @Test
  void aFileHasColoursTitleAndLegendOfItsOwn() throws Exception {
    LineChart chart = chart();
    for (int i = 0; i < 20; i++) {
      chart.line("layer " + i, "0.123", EPOCHS, EPOCHS, Pen.varied(i));
    }
    String svg = chart.picture().svg();
    assertFalse(svg.contains("var(") || svg.contains("currentColor"), svg);
    List<String> words =
        elements(svg, "text").stream().map(Element::getTextContent).map(String::strip).toList();
    assertEquals("Loss", words.get(0));
    assertTrue(words.contains("layer 19  0.123"), words.toString());
    // all within the picture
    double width = chart.picture().width();
    double height = chart.picture().height();
    for (Element text : elements(svg, "text")) {
      assertTrue(Double.parseDouble(text.getAttribute("x")) < width - 10, text.getTextContent());
      assertTrue(Double.parseDouble(text.getAttribute("y")) < height, text.getTextContent());
    }
  }

  @Test
  void pointsThatAreNotFiniteAreLeftOut() throws Exception {
    double[] holes = {Double.NaN, 0.5, Double.POSITIVE_INFINITY, 0.25};
    String svg = chart().line("a", "", EPOCHS, holes, Pen.solid(0)).plot().inline();
    assertFalse(svg.contains("NaN") || svg.contains("Infinity"), svg);
    assertEquals(1, curves(svg, Pen.solid(0)).size());
    double[] none = {Double.NaN, Double.NaN, Double.NaN, Double.NaN};
    assertTrue(chart().line("a", "", EPOCHS, none, Pen.solid(0)).isEmpty());
  }

  @Test
  void onePointIsADotAndAConstantALevelLine() throws Exception {
    double[] one = {1};
    String dot = chart().line("a", "", one, one, Pen.solid(0)).plot().inline();
    assertEquals(1, elements(dot, "circle").size());
    assertTrue(curves(dot, Pen.solid(0)).isEmpty());
    double[] same = {7, 7, 7, 7};
    String level = chart().line("a", "", EPOCHS, same, Pen.solid(0)).plot().inline();
    String path = curves(level, Pen.solid(0)).get(0).getAttribute("d");
    assertTrue(path.matches("M[0-9.]+ ([0-9.]+)(L[0-9.]+ \\1){3}"), path);
  }

  @Test
  void looksBandsAndStrokesAreDrawn() throws Exception {
    Pen dashed = Pen.varied(1);
    Pen dots = new Pen(Ink.line(3), Look.DOTS);
    double[] high = {2, 3, 4, 5};
    String svg =
        chart()
            .band(EPOCHS, EPOCHS, high, Ink.line(5))
            .whiskers(EPOCHS, EPOCHS, high, Ink.line(6))
            .line("dashed", "", EPOCHS, EPOCHS, dashed)
            .line("dots", "", EPOCHS, high, dots)
            .plot()
            .inline();
    assertEquals("6 4", curves(svg, dashed).get(0).getAttribute("stroke-dasharray"));
    assertEquals(4, elements(svg, "circle").size());
    assertTrue(curves(svg, dots).isEmpty());
    assertEquals(4, curves(svg, Pen.solid(6)).size());
    assertEquals(
        1,
        elements(svg, "path").stream()
            .filter(path -> path.getAttribute("fill-opacity").equals("0.18"))
            .count());
  }

  /** What is seen at the page's width, with the first and the last. */
  @Test
  void longLinesAreThinned() throws Exception {
    double[] many = IntStream.rangeClosed(1, 10_001).mapToDouble(i -> i).toArray();
    String svg = chart().line("a", "", many, many, Pen.solid(0)).plot().inline();
    long points =
        curves(svg, Pen.solid(0)).get(0).getAttribute("d").chars().filter(c -> c == 'L').count();
    assertTrue(points > 200 && points <= 300, "points " + points);
    assertTrue(svg.contains("a from 1.000 to 1.000e+04"), svg);
  }

  @Test
  void aLineFromZeroStandsOnTheAxis() throws Exception {
    double[] rates = {0.1, 0.2, 0.1, 0.2};
    String svg =
        chart()
            .with(Option.PERCENT, Option.FROM_ZERO)
            .line("a", "", EPOCHS, rates, Pen.solid(0))
            .plot()
            .inline();
    Element zero =
        elements(svg, "text").stream()
            .filter(text -> text.getTextContent().equals("0 %"))
            .findFirst()
            .orElseThrow();
    assertEquals("258", zero.getAttribute("y"));
  }

  /** One curve in two parts; a point between two gaps is a dot. */
  @Test
  void aCurveHasGaps() throws Exception {
    double gap = Double.NaN;
    double[] y = {1, 2, gap, 3, gap, 4, 5};
    double[] x = {1, 2, 3, 4, 5, 6, 7};
    String svg = new Drawing(10, 10, "gaps", canvas -> canvas.curve(x, y, Ink.line(0), 2)).inline();
    assertEquals(
        List.of("M1 1L2 2", "M6 4L7 5"),
        curves(svg, Pen.solid(0)).stream().map(path -> path.getAttribute("d")).toList());
    assertEquals(1, elements(svg, "circle").size());
  }
}
