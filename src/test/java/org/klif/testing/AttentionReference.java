package org.klif.testing;

import org.jspecify.annotations.Nullable;
import org.klif.device.Attention;

/**
 * Attention in float64, element by element: y = scale (Q K') V.
 *
 * @param size of each element of y, gq, gk and gv the sum of the sizes of its terms
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
record AttentionReference(
    double[] y, double[] gq, double[] gk, double[] gv, @Nullable AttentionReference size) {
  /** Buffers are (images, tokens, channels). */
  static AttentionReference of(Attention.Spec s, float[] q, float[] k, float[] v, float[] gy) {
    AttentionReference terms = zeros(q.length, null);
    AttentionReference sums = zeros(q.length, terms);
    for (int image = 0; image < s.images(); image++) {
      for (int head = 0; head < s.heads(); head++) {
        for (int i = 0; i < s.tokens(); i++) {
          for (int j = 0; j < s.tokens(); j++) {
            pair(s, new int[] {at(s, image, i, head), at(s, image, j, head)}, sums, q, k, v, gy);
          }
        }
      }
    }
    return sums;
  }

  private static AttentionReference zeros(int size, @Nullable AttentionReference terms) {
    return new AttentionReference(
        new double[size], new double[size], new double[size], new double[size], terms);
  }

  /** First channel of a head of a token. */
  private static int at(Attention.Spec s, int image, int token, int head) {
    return (image * s.tokens() + token) * s.channels() + head * (s.channels() / s.heads());
  }

  /** What token j gives token i. */
  private static void pair(
      Attention.Spec s,
      int[] ij,
      AttentionReference sums,
      float[] q,
      float[] k,
      float[] v,
      float[] gy) {
    int depth = s.channels() / s.heads();
    double a = 0;
    double ga = 0;
    double sizeOfA = 0;
    double sizeOfGa = 0;
    for (int c = 0; c < depth; c++) {
      double qk = (double) q[ij[0] + c] * k[ij[1] + c];
      double gv = s.scale() * gy[ij[0] + c] * v[ij[1] + c];
      a += qk;
      ga += gv;
      sizeOfA += Math.abs(qk);
      sizeOfGa += Math.abs(gv);
    }
    for (int c = 0; c < depth; c++) {
      int i = ij[0] + c;
      int j = ij[1] + c;
      sums.y[i] += s.scale() * a * v[j];
      sums.gv[j] += s.scale() * a * gy[i];
      sums.gq[i] += ga * k[j];
      sums.gk[j] += ga * q[i];
      sums.size.y[i] += s.scale() * sizeOfA * Math.abs(v[j]);
      sums.size.gv[j] += s.scale() * sizeOfA * Math.abs(gy[i]);
      sums.size.gq[i] += sizeOfGa * Math.abs(k[j]);
      sums.size.gk[j] += sizeOfGa * Math.abs(q[i]);
    }
  }
}
