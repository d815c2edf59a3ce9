package org.klif.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.UsageException;

class DeviceOptionsTest {
  @ParameterizedTest
  @CsvSource({
    "all, 0",
    "0, 0",
    "1000, 1000",
    "512K, 524288",
    "512M, 536870912",
    "6G, 6442450944",
    "6GiB, 6442450944",
    "6GB, 6442450944",
    "' 2T ', 2199023255552",
    "8388607T, 9223370937343148032"
  })
  void sizesOfMemoryAreRead(String text, long bytes) {
    assertEquals(bytes, DeviceOptions.parseMemory(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "G",
        "-1G",
        "1.5G",
        "6 G",
        "6g",
        "6X",
        "12345678901",
        "much",
        "8388608T",
        "999999999T"
      })
  void otherTextsAreRefused(String text) {
    assertThrows(UsageException.class, () -> DeviceOptions.parseMemory(text));
  }

  @Test
  void eachOptionIsSetByItself() {
    Path file = Path.of("algorithms.json");
    DeviceOptions all =
        new DeviceOptions(3)
            .withPrecision(Precision.BF16)
            .withFast(true, file)
            .withGraph(false)
            .withMemoryLimit(5)
            .withKeepCharged(true);
    assertEquals(new DeviceOptions(3, Precision.BF16, true, false, 5, file, true, 0), all);
    assertEquals(
        new DeviceOptions(0, Precision.FLOAT32, false, true, 0, null, false, 0),
        DeviceOptions.defaults());
    assertThrows(UsageException.class, () -> new DeviceOptions(-1));
    assertThrows(UsageException.class, () -> all.withMemoryLimit(-1));
  }
}
