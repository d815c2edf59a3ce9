package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.ParameterLayout;
import org.klif.device.Product;

/** The 5 x 8 weights that a product reads: those of pixels or rows of which each has a single 1. */
final class WeightsRead {
  private static final int IN = 8;
  private static final int OUT = 5;

  private final Rounding rounding;
  private final Product product;
  private final ParameterLayout layout;
  private final Buffer weight;
  private final Buffer x;
  private final Buffer y;
  private final Buffer gx;
  private final Buffer gy;

  /**
   * For a linear layer of 8 rows or a convolution of 8 pixels.
   *
   * @param weight in the device's order, rounded when it is read
   */
  WeightsRead(
      BufferScope scope,
      Rounding rounding,
      Product product,
      ParameterLayout layout,
      Buffer weight) {
    this.rounding = rounding;
    this.product = product;
    this.layout = layout;
    this.weight = weight;
    x = rounding.of(scope, ones(IN));
    gy = rounding.of(scope, ones(OUT));
    y = rounding.zeros(scope, IN * OUT);
    gx = rounding.zeros(scope, IN * IN);
  }

  /** Row r has its 1 in column r, as far as there are columns. */
  private static float[] ones(int columns) {
    float[] values = new float[IN * columns];
    for (int row = 0; row < columns; row++) {
      values[row * columns + row] = 1;
    }
    return values;
  }

  /** Both passes that read weights have those that the buffer has now. */
  void check(String written) {
    float[] expected = rounding.round(layout.toCanonical(weight.toArray())); // (out, in)
    product.forward(x, weight, null, y);
    float[] rows = y.toArray(); // (in, out)
    float[] turned = new float[expected.length];
    for (int i = 0; i < turned.length; i++) {
      turned[i] = rows[i % IN * OUT + i / IN];
    }
    assertArrayEquals(expected, turned, written + ", forward");
    product.backwardData(gy, weight, gx);
    assertArrayEquals(
        expected, Arrays.copyOf(gx.toArray(), expected.length), written + ", input gradient");
  }
}
