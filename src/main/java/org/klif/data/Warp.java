package org.klif.data;

/**
 * Moves the pixels of all planes of a sample by one linear map about the centre, with bilinear
 * interpolation; what comes from outside is 0.
 *
 * <p>Each new pixel asks where it comes from, so the map is the inverse one: with (dx, dy) the
 * place relative to the centre and the shift, the source is (xx*dx + xy*dy, yx*dx + yy*dy) relative
 * to the centre.
 *
 * @param xx of the inverse map
 * @param xy of the inverse map
 * @param yx of the inverse map
 * @param yy of the inverse map
 * @param shiftX in pixels, to the right
 * @param shiftY in pixels, downwards
 */
record Warp(float xx, float xy, float yx, float yy, double shiftX, double shiftY) {
  /**
   * Changes a sample in place.
   *
   * @param sample (T, C, H, W)
   * @param scratch at least as long; its content is lost
   */
  void apply(float[] sample, float[] scratch, SampleShape shape) {
    int height = shape.height();
    int width = shape.width();
    int area = height * width;
    int values = shape.values();
    float centreX = (width - 1) / 2f;
    float centreY = (height - 1) / 2f;
    for (int y = 0; y < height; y++) {
      float dy = (float) (y - centreY - shiftY);
      for (int x = 0; x < width; x++) {
        float dx = (float) (x - centreX - shiftX);
        float sourceX = xx * dx + xy * dy + centreX;
        float sourceY = yy * dy + yx * dx + centreY;
        int left = floor(sourceX);
        int top = floor(sourceY);
        float fx = sourceX - left;
        float fy = sourceY - top;
        int place = y * width + x;
        if (left < -1 || top < -1 || left >= width || top >= height) {
          for (int plane = 0; plane < values; plane += area) {
            scratch[plane + place] = 0;
          }
        } else if (left >= 0 && top >= 0 && left < width - 1 && top < height - 1) {
          int from = top * width + left;
          for (int plane = 0; plane < values; plane += area) {
            int at = plane + from;
            float upper = sample[at] * (1 - fx) + sample[at + 1] * fx;
            float lower = sample[at + width] * (1 - fx) + sample[at + width + 1] * fx;
            scratch[plane + place] = upper * (1 - fy) + lower * fy;
          }
        } else {
          for (int plane = 0; plane < values; plane += area) {
            scratch[plane + place] = atEdge(sample, plane, height, width, left, top, fx, fy);
          }
        }
      }
    }
    System.arraycopy(scratch, 0, sample, 0, values);
  }

  /** Of any float whose floor is an int; quicker than by way of a double. */
  private static int floor(float value) {
    int whole = (int) value;
    return value < whole ? whole - 1 : whole;
  }

  private static float atEdge(
      float[] image, int plane, int height, int width, int left, int top, float fx, float fy) {
    float upper =
        pixel(image, plane, height, width, left, top) * (1 - fx)
            + pixel(image, plane, height, width, left + 1, top) * fx;
    float lower =
        pixel(image, plane, height, width, left, top + 1) * (1 - fx)
            + pixel(image, plane, height, width, left + 1, top + 1) * fx;
    return upper * (1 - fy) + lower * fy;
  }

  private static float pixel(float[] image, int plane, int height, int width, int x, int y) {
    return x < 0 || y < 0 || x >= width || y >= height ? 0 : image[plane + y * width + x];
  }
}
