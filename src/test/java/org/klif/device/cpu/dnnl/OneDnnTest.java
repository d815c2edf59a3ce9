package org.klif.device.cpu.dnnl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.device.Convolution;
import org.klif.device.DType;

final class OneDnnTest {
  private static final Path TASKS = Path.of("/proc/self/task");

  @Test
  void namesItsVersionAndInstructionSet() {
    assertTrue(OneDnn.version().startsWith("3."), OneDnn.version());
    assertFalse(OneDnn.isa().isBlank());
  }

  @Test
  void keepsTheNumberOfThreadsAndRefusesNone() {
    try (OneDnn oneDnn = new OneDnn(1)) {
      assertEquals(1, oneDnn.threads());
    }
    KlifException error = assertThrows(KlifException.class, () -> new OneDnn(0));
    assertTrue(error.getMessage().contains("not 0"), error.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void worksWithAsManyThreadsAsAsked(int threads) throws Exception {
    assumeTrue(Files.isDirectory(TASKS), "skipped: no /proc here");
    // OpenMP's threads inherit the name of the one that started them.
    String name = "omp-of-" + threads;
    List<Long> counts = new ArrayList<>();
    Convolution.Spec s = new Convolution.Spec(16, 32, 14, 14, 64, 3, 1, 1);
    Thread caller =
        new Thread(
            () -> {
              try (NativeHeap heap = new NativeHeap();
                  OneDnn oneDnn = new OneDnn(threads);
                  DnnlConvolution convolution = oneDnn.convolution(s)) {
                convolution.forward(
                    heap.allocateFloats(s.sizes().input()).address(),
                    heap.allocateFloats(s.sizes().weight()).address(),
                    0,
                    heap.allocateFloats(s.sizes().output()).address());
                counts.add(tasksNamed(name));
              }
            },
            name);
    caller.start();
    caller.join();
    assertEquals(List.of((long) threads), counts);
  }

  private static long tasksNamed(String name) {
    try (Stream<Path> tasks = Files.list(TASKS)) {
      return tasks.filter(task -> nameOf(task).equals(name)).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String nameOf(Path task) {
    try {
      return Files.readString(task.resolve("comm")).strip();
    } catch (IOException e) {
      // The thread ended meanwhile.
      return "";
    }
  }

  @Test
  void whatOneDnnRefusesIsNamedWithCallStatusAndShape() {
    long[] nothing = {-5, 3};
    try (Descriptors scope = new Descriptors("a tensor of -5x3")) {
      KlifException error =
          assertThrows(
              KlifException.class, () -> scope.strided(DType.FLOAT32, nothing, new long[] {3, 1}));
      assertEquals(
          "oneDNN refused a tensor of -5x3: dnnl_memory_desc_create_with_strides gave status 2"
              + " (invalid arguments).",
          error.getMessage());
    }
  }

  @Test
  void sameShapeSharesItsPrimitives() {
    Convolution.Spec shape = new Convolution.Spec(2, 16, 8, 8, 32, 3, 1, 1);
    try (OneDnn oneDnn = new OneDnn(2)) {
      String first = oneDnn.convolution(shape).implementations();
      long blocks = oneDnn.heap().liveBlocks();
      assertEquals(first, oneDnn.convolution(shape).implementations());
      assertEquals(blocks, oneDnn.heap().liveBlocks());
    }
  }

  @Test
  void closeFreesEverythingAndIsIdempotent() {
    OneDnn oneDnn = new OneDnn(2);
    String made =
        oneDnn.convolution(new Convolution.Spec(2, 16, 8, 8, 32, 3, 1, 1)).implementations();
    assertTrue(made.contains("forward"), made);
    assertTrue(oneDnn.scratchBytes() > 0);
    oneDnn.close();
    oneDnn.close();
    assertEquals(0, oneDnn.scratchBytes());
    assertEquals(0, oneDnn.heap().liveBlocks());
  }
}
