package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.device.Convolution;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Precision;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.DensePasses;
import org.klif.testing.StandIn;

/**
 * Which algorithm a convolution gets. The stand-in's heuristic list has a non-deterministic
 * algorithm, number 0, first for both gradients, and that algorithm's sums do differ from call to
 * call; measured, another one is fastest.
 */
@Tag("sim")
class AlgorithmChoiceTest {
  private static final Convolution.Spec SPEC = new Convolution.Spec(4, 9, 8, 7, 10, 3, 1, 1);

  @TempDir private Path folder;

  @BeforeEach
  void requireStandIn() {
    StandIn.require();
    try (Device device = open(DeviceOptions.defaults())) {
      choices(device); // loads the stand-in of cuDNN, whose own functions are called below
    }
  }

  @AfterEach
  void asUsual() {
    StandIn.plant("");
    StandIn.refuseChannelsLast(false);
  }

  private static DensePasses passes() {
    Random random = new Random(3);
    return new DensePasses(
        floats(random, 4 * 8 * 7 * 9),
        floats(random, 10 * 9 * 9),
        floats(random, 10),
        floats(random, 4 * 8 * 7 * 10));
  }

  private static float[] floats(Random random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  private static Device open(DeviceOptions options) {
    return CudaUnderTest.open(options);
  }

  private DeviceOptions fast() {
    return DeviceOptions.defaults().withFast(true, file());
  }

  private Path file() {
    return folder.resolve("algorithms.json");
  }

  private static List<AlgorithmChoice> choices(Device device) {
    try (CudaConvolution convolution = (CudaConvolution) device.convolution(SPEC)) {
      return convolution.choices();
    }
  }

  private static List<float[]> results(Device device) {
    return passes().convolution(device, SPEC);
  }

  @Test
  void aNonDeterministicAlgorithmIsNotChosen() {
    try (Device device = open(DeviceOptions.defaults())) {
      List<AlgorithmChoice> choices = choices(device);
      assertNotEquals(0, choices.get(1).algorithm(), "input gradient");
      assertNotEquals(0, choices.get(2).algorithm(), "weight gradient");
      List<float[]> first = results(device);
      for (int again = 0; again < 3; again++) {
        List<float[]> next = results(device);
        for (int i = 0; i < first.size(); i++) {
          assertArrayEquals(first.get(i), next.get(i));
        }
      }
    }
  }

  /** The trap is one: an algorithm of that kind would have been noticed above. */
  @Test
  void theStandInsNonDeterministicAlgorithmIsOne() throws IOException {
    try (Device device = open(fast())) {
      choices(device);
    }
    Files.writeString(
        file(), Files.readString(file()).replaceAll("\"algorithm\" : \\d", "\"algorithm\" : 0"));
    try (Device device = open(fast())) {
      float[] first = results(device).get(2);
      float[] second = results(device).get(2);
      assertFalse(Arrays.equals(first, second), "weight gradients of two calls");
    }
  }

  @Test
  void measuredChoicesAreKeptAndReadAgain() throws IOException {
    List<AlgorithmChoice> measured;
    try (Device device = open(fast())) {
      StandIn.plant("");
      measured = choices(device);
      assertEquals(1, StandIn.calls("cudnnFindConvolutionForwardAlgorithmEx"));
      assertEquals(measured, choices(device));
      assertEquals(1, StandIn.calls("cudnnFindConvolutionForwardAlgorithmEx"), "one shape, once");
    }
    String kept = Files.readString(file());
    assertEquals(0, measured.get(0).algorithm(), "the fastest forward algorithm");
    assertTrue(kept.contains("forward of convolution of 4 images"), kept);
    // another choice than the one measured, as another GPU's timing may have it
    Files.writeString(file(), kept.replaceFirst("\"algorithm\" : 0", "\"algorithm\" : 1"));
    Files.writeString(
        file(), Files.readString(file()).replace("\"workspace\" : 0", "\"workspace\" : 4096"));
    try (Device device = open(fast())) {
      StandIn.plant("");
      assertNotEquals(measured, choices(device));
      for (String pass : List.of("Forward", "BackwardData", "BackwardFilter")) {
        assertEquals(0, StandIn.calls("cudnnFindConvolution" + pass + "AlgorithmEx"), pass);
      }
    }
  }

  @Test
  void choicesOfAnotherLibraryAreMeasuredAnew() throws IOException {
    List<AlgorithmChoice> measured;
    try (Device device = open(fast())) {
      measured = choices(device);
    }
    Files.writeString(
        file(),
        Files.readString(file())
            .replaceFirst("\"cudnn\" : \\d+", "\"cudnn\" : 90000")
            .replaceAll("\"algorithm\" : \\d", "\"algorithm\" : 2"));
    try (Device device = open(fast())) {
      assertEquals(measured, choices(device));
    }
  }

  @Test
  void aBrokenFileIsNamed() throws IOException {
    Files.writeString(file(), "{\"device\": ");
    try (Device device = open(fast())) {
      KlifException e = assertThrows(KlifException.class, () -> choices(device));
      assertTrue(e.getMessage().contains(file().toString()), e.getMessage());
    }
  }

  /** The same numbers by way of copies, where cuDNN has nothing for channels last. */
  @Test
  void channelsFirstWhereThereIsNothingElse() {
    for (Precision precision : Precision.values()) {
      try (Device device = open(DeviceOptions.defaults().withPrecision(precision))) {
        StandIn.refuseChannelsLast(false);
        List<float[]> last = results(device);
        StandIn.refuseChannelsLast(true);
        assertFalse(choices(device).get(0).channelsLast());
        List<float[]> first = results(device);
        for (int i = 0; i < last.size(); i++) {
          for (int at = 0; at < last.get(i).length; at++) {
            // sums in another order; 2^-8 is one rounding of a bfloat16
            double tolerance = precision == Precision.BF16 ? 0x1p-7 : 1e-3;
            assertEquals(last.get(i)[at], first.get(i)[at], tolerance * 4, precision + " " + i);
          }
        }
      }
    }
  }

  /**
   * Forward has another algorithm for channels last, the weight gradient (of those that are
   * deterministic) only for channels first.
   */
  @ParameterizedTest
  @ValueSource(ints = {3000, 2000, 4000, 5000})
  void whatTurnsOutUnsupportedIsReplacedWhenItRunsFirst(int status) {
    try (Device device = open(DeviceOptions.defaults())) {
      List<float[]> expected = results(device);
      StandIn.plant(
          "cudnnConvolutionForward:1=%d,cudnnConvolutionBackwardFilter:1=%d"
              .formatted(status, status));
      try (CudaConvolution convolution = (CudaConvolution) device.convolution(SPEC)) {
        List<AlgorithmChoice> before = convolution.choices();
        for (int run = 1; run <= 2; run++) {
          List<float[]> actual = passes().convolution(device, SPEC, convolution);
          for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), 1e-5f); // sums in another order
          }
        }
        List<AlgorithmChoice> after = convolution.choices();
        assertNotEquals(before.get(0), after.get(0));
        assertTrue(after.get(0).channelsLast());
        assertEquals(before.get(1), after.get(1));
        assertTrue(before.get(2).channelsLast());
        assertFalse(after.get(2).channelsLast());
      }
    }
  }

  /**
   * Forward's second algorithm for channels last has no tensor cores: cuDNN refuses it, listed or
   * not, unless it is asked for it without them.
   */
  @Test
  void anAlgorithmWithoutTensorCoresIsAskedForWithoutThem() {
    try (Device device = open(DeviceOptions.defaults().withPrecision(Precision.BF16))) {
      float[] expected = results(device).get(0);
      StandIn.plant("cudnnConvolutionForward:1=5000,cudnnConvolutionForward:2=5000");
      try (CudaConvolution convolution = (CudaConvolution) device.convolution(SPEC)) {
        AlgorithmChoice before = convolution.choices().get(0);
        float[] actual = passes().convolution(device, SPEC, convolution).get(0);
        AlgorithmChoice after = convolution.choices().get(0);
        assertEquals(1, before.math(), "tensor cores");
        assertEquals(0, after.math(), "none");
        assertNotEquals(before.algorithm(), after.algorithm());
        assertTrue(after.channelsLast());
        assertArrayEquals(expected, actual, 0x1p-7f); // sums in another order, rounded
      }
    }
  }

  /** The stand-in's last forward algorithm wants 2^63 bytes. */
  @Test
  void anAlgorithmThatWantsMoreMemoryThanThereIsAtAllIsNotTaken() {
    try (Device device = open(DeviceOptions.defaults())) {
      StandIn.refuseChannelsLast(true);
      try (CudaConvolution convolution = (CudaConvolution) device.convolution(SPEC)) {
        StandIn.plant(
            "cudnnConvolutionForward:1=5000,cudnnConvolutionForward:2=5000,cudnnConvolutionForward:3=5000");
        KlifException e =
            assertThrows(
                KlifException.class, () -> passes().convolution(device, SPEC, convolution));
        assertTrue(e.getMessage().contains("(5000)"), e.getMessage());
        assertEquals(3, StandIn.calls("cudnnConvolutionForward"));
      }
    }
  }

  @Test
  void withoutAnyAlgorithmTheErrorNamesTheShape() {
    try (Device device = open(DeviceOptions.defaults())) {
      StandIn.plant(
          "cudnnGetConvolutionBackwardDataAlgorithm_v7:1=3000,cudnnGetConvolutionBackwardDataAlgorithm_v7:2=3000");
      long descriptors = StandIn.liveDescriptors();
      KlifException e = assertThrows(KlifException.class, () -> device.convolution(SPEC));
      assertTrue(
          e.getMessage()
              .startsWith(
                  "cuDNN has no deterministic algorithm for the input gradient of a convolution of 4 images"),
          e.getMessage());
      // the handle stays
      assertEquals(descriptors + 1, StandIn.liveDescriptors());
    }
  }
}
