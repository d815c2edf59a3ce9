package org.klif.device.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.common.base.Splitter;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where nvcc is installed, the kernels are built again: the committed PTX is theirs to the byte,
 * assembles for each architecture without spills, and the table of registers is up to date.
 */
class KernelBuildTest {
  @Test
  void theKernelsBuildAsCommitted(@TempDir Path folder) throws Exception {
    if (!isInstalled("nvcc")) {
      String reason = "skipped: nvcc is absent";
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    Path output = folder.resolve("output");
    Process make =
        new ProcessBuilder("make", "-C", "cuda-kernels", "check")
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = make.waitFor(15, TimeUnit.MINUTES);
    make.destroy();
    assertEquals(0, ended ? make.exitValue() : -1, () -> read(output));
  }

  private static boolean isInstalled(String program) {
    for (String folder : Splitter.on(File.pathSeparator).split(System.getenv("PATH"))) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
