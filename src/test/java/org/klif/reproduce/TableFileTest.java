package org.klif.reproduce;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.train.RunConfig;

class TableFileTest {
  static Stream<TableRow> rows() {
    return TableFile.standard().rows().stream();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void everyRowOfTheProgramMakesAConfiguration(TableRow row) {
    for (int steps : row.steps()) {
      Experiment experiment = new Experiment(row, "plif", steps, Protocol.B, 3);
      RunConfig config = experiment.config("auto", "");
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
  void publishedFiguresNameASourceAndMeetARow() {
    TableFile file = TableFile.standard();
    for (PublishedFigure figure : file.published()) {
      assertTrue(
          file.rows().stream()
              .anyMatch(
                  row ->
                      file.published(row, figure.neuron(), figure.steps(), figure.protocol())
                          .contains(figure)),
          figure + " stands beside no row");
    }
  }

  @Test
  void rowsAreChosenByScaleAndName() {
    TableFile file = TableFile.standard();
    assertEquals(
        List.of("digits", "mnist", "fashion-mnist", "nmnist", "cifar10"),
        file.select("small", List.of()).stream().map(TableRow::name).toList());
    assertEquals(1, file.select("small", List.of("digits")).size());
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
    assertTrue(scale.getMessage().contains("scale must be small or full"), scale.getMessage());
    assertThrows(KlifException.class, () -> TableFile.parse("t.yaml", ""));
    String row =
        "  - {name: x, scale: small, data: digits, preset: digits, T: [4], seeds: [1], neurons: [if]}\n";
    KlifException twice =
        assertThrows(KlifException.class, () -> TableFile.parse("t", "rows:\n" + row + row));
    assertTrue(twice.getMessage().contains("row x with T 4 is there twice"), twice.getMessage());
  }
}
