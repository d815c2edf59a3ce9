package org.klif.reproduce;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.base.Splitter;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

class ResultsTableTest {
  private static final Splitter CELLS = Splitter.on(',');

  @Test
  void linesHaveMeansAndPairedDifferences() {
    ResultsTable table =
        new Tables()
            .add("one", "klif", Protocol.A, 0.99, 0.98, 0.97)
            .add("one", "lif", Protocol.A, 0.98, 0.96, 0.93)
            .table();
    assertEquals(2, table.lines().size());
    TableLine klif = table.lines().get(0);
    assertEquals("klif", klif.key().neuron());
    assertEquals(0.98, klif.accuracy().mean(), 1e-12);
    assertEquals(0.01, klif.accuracy().deviation(), 1e-12);
    assertEquals(0.97, klif.lastEpoch(), 1e-12);
    // 1, 2 and 4 points: see PairedDifferenceTest
    assertEquals(0.07 / 3, klif.difference().orElseThrow().mean(), 1e-12);
    assertEquals(3.0, klif.secondsPerEpoch(), "the median of 2, 3 and 4");
    assertEquals(2.0, klif.learned().get("k of 2.klif"), "the mean of 1, 2 and 3");
    assertTrue(table.lines().get(1).difference().isEmpty(), "LIF is not compared with itself");
  }

  @Test
  void csvHasOneLineForEachWithTheColumnsInTheirPlace() {
    ResultsTable table =
        new Tables()
            .add("one", "klif", Protocol.A, 0.99, 0.98, 0.97)
            .add("one", "lif", Protocol.A, 0.98, 0.96, 0.93)
            .table();
    List<String> lines = CsvTable.of(table.lines()).lines().toList();
    assertEquals(3, lines.size());
    List<String> head = CELLS.splitToList(lines.get(0));
    assertEquals(
        List.of("data", "neuron", "mean", "sd", "seeds", "differenceToLif"), head.subList(0, 6));
    List<String> klif = CELLS.splitToList(lines.get(1));
    assertEquals(
        List.of("digits", "klif", "98.00", "1.00", "3", "2.33", "-1.46", "6.13", "3", "A", "4"),
        klif.subList(0, 11));
    assertEquals("97.00", klif.get(head.indexOf("lastEpochMean")));
    assertEquals("64940", klif.get(head.indexOf("parameters")));
    assertEquals("k of 2.klif=2.0000; k of 6.klif=2.0000", klif.get(head.indexOf("learned")));
    assertEquals("s1=99.00 s2=98.00 s3=97.00", klif.get(head.indexOf("accuracies")));
    assertEquals("not comparable", klif.get(head.indexOf("publishedSource")));
    assertEquals(head.size(), CELLS.splitToList(lines.get(2)).size());
  }

  @Test
  void markdownShowsTheLineAndEscapesBars() {
    ResultsTable table =
        new Tables()
            .add("one", "klif", Protocol.A, 0.99, 0.98, 0.97)
            .add("one", "lif", Protocol.A, 0.98, 0.96, 0.93)
            .table("row x: a | b");
    String text = MarkdownTable.of(table);
    assertTrue(
        text.contains("| digits | KLIF | 98.00 | 1.00 | 3 | +2.33 [-1.46, +6.13] | A | 4 |"), text);
    assertTrue(text.contains("k 2.00 2.00"), text);
    assertTrue(text.contains("row x: a \\| b"), text);
    long bars = Column.ALL.size() + 1L;
    text.lines()
        .filter(line -> line.startsWith("| "))
        .forEach(line -> assertEquals(bars, line.chars().filter(c -> c == '|').count(), line));
  }

  @Test
  void pageIsWellFormedAndLoadsNothing() throws Exception {
    ResultsTable table =
        new Tables()
            .add("one", "klif", Protocol.A, 0.99, 0.98)
            .add("one", "lif", Protocol.A, 0.98, 0.96)
            .add("one", "klif", Protocol.B, 0.99, 0.98)
            .table("a < b & \"c\"");
    String page = HtmlTable.of(table);
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(
                new ByteArrayInputStream(
                    page.replace("<!DOCTYPE html>", "").getBytes(StandardCharsets.UTF_8)));
    int cells = document.getElementsByTagName("td").getLength();
    assertEquals(3 * Column.ALL.size(), cells);
    assertFalse(page.contains("http"), "loads nothing from elsewhere");
    assertTrue(page.contains("a &lt; b &amp;"));
  }

  @Test
  void publishedFiguresStandBesideComparableRowsOnly() {
    ResultsTable table =
        new Tables()
            .add("one", "klif", Protocol.A, 0.99)
            .add("two", "klif", Protocol.A, 0.99)
            .table();
    String text = MarkdownTable.of(table);
    assertTrue(text.contains("not comparable"), text);
    // 360 of MNIST's 10,000 test samples
    assertTrue(
        text.contains(
            "not comparable (a part of the set); 99.50 (best of 64 epochs, T 8; somebody)"),
        text);
    assertTrue(Tables.chapter(table, "How to read").contains("mnist (360 of 10,000"), text);
  }

  @Test
  void missingSeedsAndRunsAreSaid() {
    ResultsTable table = new Tables().add("one", "klif", Protocol.B, 0.9, 0.91).table("left out");
    String text = MarkdownTable.of(table);
    assertTrue(text.contains("| 90.50 | 0.71 | 2 of 3 | – | B |"), text);
    assertTrue(Tables.chapter(table, "Not in the table").contains("left out"));
    assertTrue(Tables.chapter(table, "What it says").startsWith("Nothing yet"));
    assertTrue(MarkdownTable.of(new Tables().table()).contains("No run is finished yet"));
  }
}
