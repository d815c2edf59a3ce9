package org.klif.device.cpu.dnnl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.klif.KlifException;

final class OneDnnTest {
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

  @Test
  void whatOneDnnRefusesIsNamedWithCallStatusAndShape() {
    long[] nothing = {-5, 3};
    try (Descriptors scope = new Descriptors("a tensor of -5x3", DataType.FLOAT32)) {
      KlifException error =
          assertThrows(KlifException.class, () -> scope.strided(nothing, new long[] {3, 1}));
      assertEquals(
          "oneDNN refused a tensor of -5x3: dnnl_memory_desc_create_with_strides gave status 2"
              + " (invalid arguments).",
          error.getMessage());
    }
  }

  @Test
  void sameShapeSharesItsPrimitives() {
    ConvolutionShape shape = new ConvolutionShape(2, 16, 8, 8, 32, 3, 1, 1);
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
        oneDnn.convolution(new ConvolutionShape(2, 16, 8, 8, 32, 3, 1, 1)).implementations();
    assertTrue(made.contains("forward"), made);
    assertTrue(oneDnn.scratchBytes() > 0);
    oneDnn.close();
    oneDnn.close();
    assertEquals(0, oneDnn.scratchBytes());
    assertEquals(0, oneDnn.heap().liveBlocks());
  }
}
