package org.klif.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.testing.SimBuild;
import org.klif.testing.StandIn;

/**
 * A machine that has cuBLAS 13 only: the loader accepts JCuda's rewritten part, and training runs.
 * The stand-in of cuBLAS is given the name and the symbol version of 13, as NVIDIA's library has
 * them.
 */
@Tag("sim")
class CudaThirteenTest {
  /** Hashes of libcublas.so.12 and libcublas.so.13 by the System V ABI. */
  private static final int HASH_12 = 0x0ef62132;

  private static final int HASH_13 = 0x0ef62133;

  @TempDir Path folder;

  @BeforeEach
  void requireStandIn() {
    StandIn.require();
  }

  private KlifProcess train(String run, Map<String, String> environment) throws Exception {
    return KlifProcess.run(
        environment,
        "train",
        "digits",
        "--device",
        "sim",
        "--epochs",
        "1",
        "--T",
        "1",
        "--batch",
        "500",
        "--set",
        "network=fc20 bn sn | vote2",
        "--out",
        folder.resolve(run).toString());
  }

  private Path libraries() throws Exception {
    Path built = SimBuild.build(SimBuild.ROOT, "thirteen");
    byte[] cublas = Files.readAllBytes(built.resolve("libcublas.so.12"));
    Files.delete(built.resolve("libcublas.so.12"));
    assertTrue(
        replace(
                cublas,
                "libcublas.so.12\0".getBytes(US_ASCII),
                "libcublas.so.13\0".getBytes(US_ASCII))
            > 0);
    assertTrue(replace(cublas, littleEndian(HASH_12), littleEndian(HASH_13)) > 0);
    Files.write(built.resolve("libcublas.so.13"), cublas);
    return built;
  }

  private static byte[] littleEndian(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static int replace(byte[] bytes, byte[] from, byte[] to) {
    int found = 0;
    for (int i = 0; i + from.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + from.length, from, 0, from.length)) {
        System.arraycopy(to, 0, bytes, i, to.length);
        found++;
      }
    }
    return found;
  }

  @Test
  void cublasThirteenAloneIsEnough() throws Exception {
    String libraries = "-Dklif.sim.libraries=" + libraries();
    KlifProcess process = train("thirteen", Map.of("JAVA_TOOL_OPTIONS", libraries));
    assertEquals(0, process.code(), process.output());
    KlifProcess older =
        train("older", Map.of("JAVA_TOOL_OPTIONS", libraries, "KLIF_SIM_DRIVER_VERSION", "12060"));
    assertEquals(1, older.code(), older.output());
    assertTrue(
        older
            .message()
            .contains(
                "is of CUDA 13, and the NVIDIA driver supports CUDA 12.6 only; install driver 580"),
        older.message());
  }
}
