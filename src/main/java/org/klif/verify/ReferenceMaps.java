package org.klif.verify;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.klif.device.DType;
import org.klif.nn.LayerSpec;
import org.klif.tensor.ActivationShape;

/**
 * Layers of {@link ReferenceNetwork} without state over time, each image alone, and the readout.
 */
final class ReferenceMaps {

  /** Convolution, weight (out, C, kh, kw); a linear layer is one of 1x1 on features. */
  static final class Convolution implements ReferenceLayer {
    private final LayerSpec.Conv2d spec;
    private final ActivationShape in;
    private final ActivationShape out;
    private final Parameter weight;
    private final @Nullable Parameter bias;
    private final DType type;
    private final boolean biasLater;
    private double[] kept = {};

    /**
     * A layer.
     *
     * @param biasLater the sum is stored before the bias is added, as on a GPU
     */
    Convolution(
        LayerSpec.Conv2d spec,
        ActivationShape in,
        ActivationShape out,
        Parameter weight,
        @Nullable Parameter bias,
        DType type,
        boolean biasLater) {
      this.biasLater = biasLater;
      this.spec = spec;
      this.in = in;
      this.out = out;
      this.weight = weight;
      this.bias = bias;
      this.type = type;
    }

    /** Told which element of x meets which weight. */
    private interface Tap {
      void meet(int output, int input, int weight);
    }

    private void taps(Tap each) {
      int area = spec.kernel().area();
      for (int at = 0; at < out.images() * out.height() * out.width(); at++) {
        int column = at % out.width();
        int row = at / out.width() % out.height();
        int image = at / (out.width() * out.height());
        for (int tap = 0; tap < area; tap++) {
          int y =
              row * spec.stride().height() + tap / spec.kernel().width() - spec.padding().height();
          int x =
              column * spec.stride().width() + tap % spec.kernel().width() - spec.padding().width();
          if (y >= 0 && y < in.height() && x >= 0 && x < in.width()) {
            int pixel = ((image * in.height() + y) * in.width() + x) * in.channels();
            for (int i = 0; i < out.channels() * in.channels(); i++) {
              each.meet(
                  at * out.channels() + i / in.channels(),
                  pixel + i % in.channels(),
                  i * area + tap);
            }
          }
        }
      }
    }

    @Override
    public double[] forward(double[] x) {
      kept = x;
      double[] w = ReferenceLayer.stored(weight.values, type);
      double[] y = new double[Math.toIntExact(out.elements())];
      taps((output, input, i) -> y[output] += w[i] * x[input]);
      if (bias != null) {
        for (int i = 0; i < y.length; i++) {
          double sum = biasLater ? GoldenTensor.stored(y[i], type) : y[i];
          y[i] = sum + bias.values[i % out.channels()];
        }
      }
      return ReferenceLayer.stored(y, type);
    }

    @Override
    public double[] backward(double[] gy) {
      double[] x = kept;
      double[] w = ReferenceLayer.stored(weight.values, type);
      double[] gw = new double[w.length];
      double[] gx = new double[x.length];
      taps(
          (output, input, i) -> {
            gw[i] += gy[output] * x[input];
            gx[input] += gy[output] * w[i];
          });
      weight.gradient = gw;
      if (bias != null) {
        bias.gradient = ReferenceLayer.sumOverTime(gy, out.channels());
      }
      return ReferenceLayer.stored(gx, type);
    }
  }

  /** Maximum or mean of windows; of equal largest values the first, row by row. */
  static final class Pool implements ReferenceLayer {
    private final LayerSpec.Pool spec;
    private final ActivationShape in;
    private final ActivationShape out;
    private final DType type;
    private int[] winners = {};

    Pool(LayerSpec.Pool spec, ActivationShape in, ActivationShape out, DType type) {
      this.spec = spec;
      this.in = in;
      this.out = out;
      this.type = type;
    }

    /** The element of x that a tap of an output's window reads; -1 in the padding. */
    private int element(int output, int tap) {
      int channel = output % out.channels();
      int at = output / out.channels();
      int y =
          at / out.width() % out.height() * spec.stride().height()
              + tap / spec.window().width()
              - spec.padding().height();
      int x =
          at % out.width() * spec.stride().width()
              + tap % spec.window().width()
              - spec.padding().width();
      if (y < 0 || y >= in.height() || x < 0 || x >= in.width()) {
        return -1;
      }
      int image = at / (out.width() * out.height());
      return ((image * in.height() + y) * in.width() + x) * in.channels() + channel;
    }

    @Override
    public double[] forward(double[] x) {
      double[] y = new double[Math.toIntExact(out.elements())];
      winners = new int[y.length];
      int area = spec.window().area();
      for (int i = 0; i < y.length; i++) {
        winners[i] = -1;
        for (int tap = 0; tap < area; tap++) {
          int at = element(i, tap);
          if (at >= 0) {
            winners[i] = winners[i] < 0 || x[at] > x[winners[i]] ? at : winners[i];
            y[i] += x[at] / area;
          }
        }
        y[i] = spec.maximum() ? x[winners[i]] : y[i];
      }
      return ReferenceLayer.stored(y, type);
    }

    @Override
    public double[] backward(double[] gy) {
      double[] gx = new double[Math.toIntExact(in.elements())];
      int area = spec.window().area();
      for (int i = 0; i < gy.length; i++) {
        if (spec.maximum()) {
          gx[winners[i]] += gy[i];
        } else {
          for (int tap = 0; tap < area; tap++) {
            int at = element(i, tap);
            if (at >= 0) {
              gx[at] += gy[i] / area;
            }
          }
        }
      }
      return ReferenceLayer.stored(gx, type);
    }
  }

  /** Pixels with their channels to features in the order C, H, W. */
  record Flatten(ActivationShape in) implements ReferenceLayer {
    private double[] moved(double[] values, boolean there) {
      double[] all = new double[values.length];
      int pixels = in.height() * in.width();
      for (int i = 0; i < all.length; i++) {
        int image = i / in.features();
        int channel = i % in.channels();
        int pixel = i % in.features() / in.channels();
        int feature = image * in.features() + channel * pixels + pixel;
        all[there ? feature : i] = values[there ? i : feature];
      }
      return all;
    }

    @Override
    public double[] forward(double[] x) {
      return moved(x, true);
    }

    @Override
    public double[] backward(double[] gy) {
      return moved(gy, false);
    }
  }

  /** Mean of each group of neighbouring features. */
  record Vote(int group, DType type) implements ReferenceLayer {
    @Override
    public double[] forward(double[] x) {
      double[] y = new double[x.length / group];
      for (int i = 0; i < x.length; i++) {
        y[i / group] += x[i] / group;
      }
      return ReferenceLayer.stored(y, type);
    }

    @Override
    public double[] backward(double[] gy) {
      double[] gx = new double[gy.length * group];
      Arrays.setAll(gx, i -> gy[i / group] / group);
      return ReferenceLayer.stored(gx, type);
    }
  }

  /** V = V + (X - V)/tau from 0, the output V. */
  record LeakyReadout(int steps, double tau, DType type) implements ReferenceLayer {
    @Override
    public double[] forward(double[] x) {
      double[] v = new double[x.length];
      int size = x.length / steps;
      for (int i = 0; i < x.length; i++) {
        double before = i < size ? 0 : v[i - size];
        v[i] = before + (x[i] - before) / tau;
      }
      return ReferenceLayer.stored(v, type);
    }

    @Override
    public double[] backward(double[] gy) {
      double[] gx = new double[gy.length];
      int size = gy.length / steps;
      double[] g = new double[size];
      for (int i = gy.length - 1; i >= 0; i--) {
        double all = gy[i] + g[i % size];
        gx[i] = all / tau;
        g[i % size] = all * (1 - 1 / tau);
      }
      return ReferenceLayer.stored(gx, type);
    }
  }

  private ReferenceMaps() {}
}
