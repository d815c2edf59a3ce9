package org.klif.workbench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.UsageException;

class CurrentTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "const:1.5 | 1.5 1.5 1.5 1.5 1.5 1.5",
        "const:-2e-1 | -0.2 -0.2 -0.2 -0.2 -0.2 -0.2",
        "step:3@4 | 0 0 0 3 3 3",
        "pulse:2@2-3 | 0 2 2 0 0 0",
        "pulse:2@1-1,5-99 | 2 0 0 0 2 2"
      })
  void stepsAreCountedFromOne(String text, String expected) {
    ImmutableDoubleArray.Builder numbers = ImmutableDoubleArray.builder();
    for (String number : expected.split(" ", -1)) {
      numbers.add(Double.parseDouble(number));
    }
    assertEquals(numbers.build(), Current.parse(text, OptionalInt.of(6)).values());
  }

  @Test
  void aFileHasOneNumberALine() throws IOException {
    Path file = folder.resolve("x.csv");
    Files.writeString(file, "# time 0\n1.5\n-0.25, 7\n\n3\n");
    Current all = Current.parse(file.toString(), OptionalInt.empty());
    assertEquals(ImmutableDoubleArray.of(1.5, -0.25, 3), all.values());
    assertEquals(2, Current.parse(file.toString(), OptionalInt.of(2)).steps());
    UsageException few =
        assertThrows(UsageException.class, () -> Current.parse(file.toString(), OptionalInt.of(4)));
    assertTrue(few.getMessage().endsWith("has only 3"), few.getMessage());
  }

  @Test
  void aFileWithAWordNamesItsLine() throws IOException {
    Path file = folder.resolve("x.csv");
    Files.writeString(file, "1\ncurrent\n");
    KlifException e =
        assertThrows(
            KlifException.class, () -> Current.parse(file.toString(), OptionalInt.empty()));
    assertTrue(e.getMessage().contains("x.csv, line 2: 'current' is no number"), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "const",
        "const:",
        "const:x",
        "step:1",
        "pulse:2@3",
        "pulse:2@5-3",
        "step:1@0",
        "const:1e60",
        "missing.csv",
        ""
      })
  void whatIsNoCurrentIsRefused(String text) {
    assertThrows(UsageException.class, () -> Current.parse(text, OptionalInt.empty()));
  }
}
