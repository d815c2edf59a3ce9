package org.klif.data.frames;

/**
 * Bilinear scaling of planes, as PyTorch's {@code interpolate} with mode bilinear, {@code
 * align_corners=False} and without antialiasing: pixel o of the result lies at s = (o + 0.5) in /
 * out - 0.5 of the source, not below 0, between its neighbours floor(s) and the next one.
 *
 * <p>All of it is float32, places and weights too, as PyTorch computes them: a place in float64 is
 * another one by some 1e-5 of a pixel.
 */
final class Resize {
  private final int inHeight;
  private final int inWidth;
  private final Taps rows;
  private final Taps columns;

  /** From planes of one size to those of another. */
  Resize(int inHeight, int inWidth, int outHeight, int outWidth) {
    this.inHeight = inHeight;
    this.inWidth = inWidth;
    this.rows = Taps.of(inHeight, outHeight);
    this.columns = Taps.of(inWidth, outWidth);
  }

  /** For each place of a side its first neighbour, and the weight of the one behind that. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Taps(int[] first, float[] weight) {
    static Taps of(int in, int out) {
      int[] first = new int[out];
      float[] weight = new float[out];
      float scale = (float) in / out;
      for (int o = 0; o < out; o++) {
        float place = Math.max(0, scale * (o + 0.5f) - 0.5f);
        first[o] = Math.min(in - 1, (int) place);
        // behind the last pixel there is none
        weight[o] = first[o] == in - 1 ? 0 : Math.min(1, place - first[o]);
      }
      return new Taps(first, weight);
    }
  }

  /**
   * Scales planes that lie one after another.
   *
   * @param planes how many
   * @param from (planes, inHeight, inWidth)
   * @param to (planes, outHeight, outWidth)
   */
  void apply(int planes, float[] from, float[] to) {
    int at = 0;
    for (int plane = 0; plane < planes; plane++) {
      for (int y = 0; y < rows.first.length; y++) {
        int upper = (plane * inHeight + rows.first[y]) * inWidth;
        float down = rows.weight[y];
        int lower = down == 0 ? upper : upper + inWidth;
        for (int x = 0; x < columns.first.length; x++) {
          to[at] = (1 - down) * row(from, upper, x) + down * row(from, lower, x);
          at++;
        }
      }
    }
  }

  private float row(float[] from, int start, int x) {
    int left = start + columns.first[x];
    float right = columns.weight[x];
    return right == 0 ? from[left] : (1 - right) * from[left] + right * from[left + 1];
  }
}
