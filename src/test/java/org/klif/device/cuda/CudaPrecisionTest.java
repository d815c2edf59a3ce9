package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.klif.device.Convolution;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.Linear;
import org.klif.device.Precision;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.DensePasses;
import org.klif.testing.StandIn;

/** Linear layers and convolutions in each precision. */
@Tag("sim")
class CudaPrecisionTest {
  private static final int SIZE = 64;

  /** Needs 12 bits of mantissa after the point: TF32 has 10. */
  private static final float FINE = 1 + 0x1p-12f;

  @BeforeEach
  void requireDevice() {
    CudaUnderTest.require();
  }

  /** Every product of the three passes is 1 times FINE, once. */
  private static DensePasses diagonals(boolean fineX) {
    float[] one = diagonal(1);
    float[] fine = diagonal(FINE);
    // x, w, gy: y = x w', gx = gy w, gw = gy' x each have one factor of the fine kind
    return new DensePasses(fineX ? fine : one, fineX ? one : fine, new float[SIZE], one);
  }

  private static float[] diagonal(float value) {
    float[] matrix = new float[SIZE * SIZE];
    for (int i = 0; i < SIZE; i++) {
      matrix[i * SIZE + i] = value;
    }
    return matrix;
  }

  private static Device open(Precision precision) {
    return CudaUnderTest.open(DeviceOptions.defaults().withPrecision(precision));
  }

  /** As TF32 the factor would become 1. */
  @Test
  void float32IsFloat32() {
    try (Device device = open(Precision.FLOAT32)) {
      expectDiagonals(device, FINE);
    }
  }

  /** The check above can fail: asked for, TF32 shows. */
  @Test
  void tf32Rounds() {
    StandIn.require(); // a GPU may compute small products more precisely than asked
    try (Device device = open(Precision.TF32)) {
      expectDiagonals(device, 1);
    }
  }

  private static void expectDiagonals(Device device, float expected) {
    Linear.Spec linear = new Linear.Spec(SIZE, SIZE, SIZE);
    Convolution.Spec convolution = new Convolution.Spec(SIZE, SIZE, 1, 1, SIZE, 1, 1, 0);
    for (boolean fineX : new boolean[] {true, false}) {
      DensePasses passes = diagonals(fineX);
      for (List<float[]> results :
          List.of(passes.linear(device, linear), passes.convolution(device, convolution))) {
        assertEquals(expected, results.get(0)[0], "y");
        assertEquals(fineX ? 1 : expected, results.get(1)[0], "gx");
        assertEquals(fineX ? expected : 1, results.get(2)[0], "gw");
      }
    }
  }

  /** Small integers have no rounding in any precision, so all devices agree to the bit. */
  @ParameterizedTest
  @EnumSource(Precision.class)
  void exactNumbersStayExact(Precision precision) {
    Linear.Spec linear = new Linear.Spec(9, 33, 21);
    Convolution.Spec convolution = new Convolution.Spec(2, 5, 6, 7, 11, 3, 2, 1);
    DensePasses linearPasses = signs(9 * 33, 33 * 21, 21, 9 * 21);
    DensePasses convolutionPasses = signs(2 * 6 * 7 * 5, 11 * 5 * 9, 11, 2 * 3 * 4 * 11);
    try (Device device = open(precision);
        Device cpu = Devices.open("cpu", DeviceOptions.defaults())) {
      assertSame(linearPasses.linear(cpu, linear), linearPasses.linear(device, linear));
      assertSame(
          convolutionPasses.convolution(cpu, convolution),
          convolutionPasses.convolution(device, convolution));
    }
  }

  /** Numbers -1, 0, 1: sums of up to 256 of them are exact in bfloat16. */
  private static DensePasses signs(int x, int weight, int bias, int gy) {
    Random random = new Random(5);
    return new DensePasses(
        signs(random, x), signs(random, weight), signs(random, bias), signs(random, gy));
  }

  private static float[] signs(Random random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = random.nextInt(3) - 1;
    }
    return values;
  }

  private static void assertSame(List<float[]> expected, List<float[]> actual) {
    List<String> names = List.of("y", "gx", "gw", "gb");
    for (int i = 0; i < names.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i), names.get(i));
    }
  }
}
