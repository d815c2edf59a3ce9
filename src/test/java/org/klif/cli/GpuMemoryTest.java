package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.testing.StandIn;

/** A run with a bound of memory: the batch that its message names does fit. */
@Tag("sim")
class GpuMemoryTest {
  private static final Pattern HINT = Pattern.compile("use a smaller batch: (\\d+) would fit");

  @TempDir Path folder;

  private Cli train(int batch, String memory) {
    return Cli.run(
        "train",
        "digits",
        "--device",
        "sim",
        "--epochs",
        "1",
        "--batch",
        Integer.toString(batch),
        "--T",
        "4",
        "--gpu-memory",
        memory,
        "--set",
        "network=c16k3 bn sn mp2 | dp fc20 bn sn | vote2",
        "--out",
        folder.resolve(batch + memory).toString());
  }

  @Test
  void theBatchThatTheMessageNamesFits() {
    StandIn.require();
    Cli tooLarge = train(1437, "30M");
    assertEquals(1, tooLarge.code(), tooLarge.out());
    Matcher hint = HINT.matcher(tooLarge.err());
    assertTrue(hint.find(), tooLarge.err());
    int batch = Integer.parseInt(hint.group(1));
    assertTrue(batch > 32, tooLarge.err());
    assertEquals(0, StandIn.liveAllocations());
    Cli smaller = train(batch, "30M");
    assertEquals(0, smaller.code(), smaller.err());
  }

  @Test
  void aBoundThatIsFarTooSmallIsExplained() {
    StandIn.require();
    Cli result = train(64, "1M");
    assertEquals(1, result.code(), result.out());
    assertTrue(result.err().contains("gpuMemory bounds this run"), result.err());
    assertEquals(0, StandIn.liveAllocations());
  }
}
