package org.klif.reproduce;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.config.RunConfig;

class TableFileTest {
  static Stream<TableRow> rows() {
    return TableFile.standard().rows().stream();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void everyRowOfTheProgramMakesAConfiguration(TableRow row) {
    for (int steps : row.steps()) {
      Experiment experiment = new Experiment(row, "plif", steps, Protocol.B, 3);
      RunConfig config = experiment.config("auto", 1, "");
      assertEquals(row.data(), config.data());
      assertEquals(row.preset(), config.preset());
      assertEquals(steps, config.steps());
      assertEquals("plif", config.neuron().model());
      assertEquals(3, config.seed());
      assertEquals("validation", config.split());
    }
  }

  @Test
  void namesOfRunsAreUniqueAndThoseAgreed() {
    Set<String> names = new HashSet<>();
    for (TableRow row : TableFile.standard().rows()) {
      for (int steps : row.steps()) {
        assertTrue(names.add(new Experiment(row, "klif", steps, Protocol.A, 1).id()));
      }
    }
    assertTrue(names.contains("digits-klif-T4-a-s1"));
    assertTrue(names.contains("fashion-mnist-klif-T4-a-s1"));
  }

  @Test
  void publishedFiguresStandBesideARowOfTheirEpochsOrAreToldApart() {
    TableFile file = TableFile.standard();
    for (PublishedFigure figure : file.published()) {
      boolean beside = file.rows().stream().anyMatch(row -> !besides(file, row, figure).isEmpty());
      assertEquals(!beside, file.elsewhere().contains(figure), figure.toString());
      assertTrue(
          beside || figure.network() != null || figure.epochs() != null,
          figure + " stands beside no row, and nothing says why");
    }
  }

  private static List<LineKey> besides(TableFile file, TableRow row, PublishedFigure figure) {
    return row.steps().stream()
        .map(t -> new LineKey(row, figure.neuron(), t, figure.protocol(), "float32"))
        .filter(key -> file.published(key).contains(figure))
        .toList();
  }

  /** PLIF's 99.72 needed 1,024 epochs; the preset mnist trains 64. */
  @ParameterizedTest
  @CsvSource({
    "full, mnist, plif, 8, 99.48",
    "full, nmnist, lif, 10, 99.59",
    "full, dvs128-gesture, plif, 20, 95.49",
    "full, dvs128-gesture, klif, 12, 94.10",
    "full, dvs128-gesture, plif, 12, ''",
    "fast, mnist-fast, lif, 4, 99.61 99.45 99.49",
    "fast, fashion-mnist-fast, plif, 4, 93.96 93.63 93.86",
    "small, mnist, plif, 4, ''",
    "fast, cifar10-jpeg-fast, lif, 4, ''",
  })
  void aLineHasTheFiguresThatSaySomething(
      String scale, String name, String neuron, int steps, String expected) {
    TableFile file = TableFile.standard();
    TableRow row = file.select(scale, List.of(name)).get(0);
    LineKey key = new LineKey(row, neuron, steps, Protocol.A, row.precision());
    assertEquals(
        expected,
        file.published(key).stream()
            .map(figure -> String.format(Locale.ROOT, "%.2f", figure.percent()))
            .collect(Collectors.joining(" ")));
  }

  @Test
  void rowsAreChosenByScaleAndName() {
    TableFile file = TableFile.standard();
    assertEquals(
        List.of(
            "digits",
            "mnist",
            "fashion-mnist",
            "nmnist",
            "cifar10",
            "sew-small",
            "spikformer-small",
            "sequential-small"),
        file.select("small", List.of()).stream().map(TableRow::name).toList());
    assertEquals(1, file.select("small", List.of("digits")).size());
    assertEquals(
        List.of("fashion-mnist-fast", "mnist-fast", "cifar10-jpeg-fast"),
        file.select("fast", List.of()).stream().map(TableRow::name).toList());
    UsageException unknown =
        assertThrows(UsageException.class, () -> file.select("small", List.of("digit")));
    assertTrue(unknown.getMessage().contains("did you mean 'digits'"), unknown.getMessage());
    assertThrows(UsageException.class, () -> file.select("smal", List.of()));
  }

  @Test
  void aMalformedTableIsRefusedWithItsLine() {
    KlifException unknown =
        assertThrows(KlifException.class, () -> TableFile.parse("t.yaml", "rows:\n  - {nme: x}\n"));
    assertTrue(unknown.getMessage().startsWith("t.yaml, line 2"), unknown.getMessage());
    KlifException scale =
        assertThrows(
            KlifException.class,
            () -> TableFile.parse("t.yaml", "rows:\n  - {name: x, scale: big}\n"));
    assertTrue(
        scale.getMessage().contains("scale must be small, fast or full"), scale.getMessage());
    assertThrows(KlifException.class, () -> TableFile.parse("t.yaml", ""));
    String row =
        "  - {name: x, scale: small, data: digits, preset: digits, T: [4], seeds: [1], neurons: [if]}\n";
    KlifException twice =
        assertThrows(KlifException.class, () -> TableFile.parse("t", "rows:\n" + row + row));
    assertTrue(twice.getMessage().contains("row x with T 4 is there twice"), twice.getMessage());
  }
}
