package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.klif.data.cache.CacheProgress;

class CacheBarTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final long[] now = {0};

  private CacheProgress progress(boolean terminal) {
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    return CacheBar.on(new Console(stream, stream, terminal), () -> now[0]);
  }

  private String said() {
    String said = out.toString(StandardCharsets.UTF_8);
    out.reset();
    return said;
  }

  @Test
  void oneLineIsRedrawnOnATerminal() {
    CacheProgress bar = progress(true);
    bar.begin(60_000);
    bar.samples(1);
    assertEquals("", said(), "not yet");
    now[0] = 200_000_000;
    bar.samples(15_000);
    String quarter =
        "making frames ["
            + "=".repeat(7)
            + " ".repeat(23)
            + "]  25 %  15,000 of 60,000 recordings  75,000/s";
    assertEquals("\r" + quarter, said());
    bar.note("look");
    assertEquals("\r" + " ".repeat(quarter.length()) + "\rlook" + System.lineSeparator(), said());
    bar.end();
    assertEquals("", said(), "nothing is left to cover");
    bar.begin(0);
    now[0] = 1_200_000_000;
    bar.samples(500);
    assertEquals("\rmaking frames: 500 recordings  500/s", said());
  }

  @Test
  void elsewhereALineNowAndThen() {
    CacheProgress lines = progress(false);
    lines.note("another run is building the cache");
    lines.end();
    assertEquals("another run is building the cache" + System.lineSeparator(), said());
  }
}
