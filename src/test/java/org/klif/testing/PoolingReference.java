package org.klif.testing;

import org.klif.device.Pooling;

/** A pooling in float64, window by window. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record PoolingReference(double[] y, double[] gx) {
  static PoolingReference of(Pooling.Spec s, float[] x, float[] gy) {
    int channels = s.channels();
    double[] y = new double[gy.length];
    double[] gx = new double[x.length];
    for (int at = 0; at < gy.length; at++) {
      int c = at % channels;
      int ox = at / channels % s.outWidth();
      int oy = at / channels / s.outWidth() % s.outHeight();
      int image = at / channels / s.outWidth() / s.outHeight();
      int area = s.window().height() * s.window().width();
      double parts = s.share() == 1 ? 1 : area;
      int winner = -1;
      for (int tap = 0; tap < area; tap++) {
        int row = oy * s.stride().height() + tap / s.window().width() - s.padding().height();
        int column = ox * s.stride().width() + tap % s.window().width() - s.padding().width();
        if (row < 0 || row >= s.inHeight() || column < 0 || column >= s.inWidth()) {
          continue;
        }
        int source = ((image * s.inHeight() + row) * s.inWidth() + column) * channels + c;
        winner = winner < 0 || x[source] > x[winner] ? source : winner;
        if (s.kind() == Pooling.Kind.AVERAGE) {
          y[at] += x[source] / parts;
          gx[source] += gy[at] / parts;
        }
      }
      if (s.kind() == Pooling.Kind.MAX) {
        y[at] = x[winner];
        gx[winner] += gy[at];
      }
    }
    return new PoolingReference(y, gx);
  }
}
