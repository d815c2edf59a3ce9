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
    float centreX = (width - 1) / 2f;
    float centreY = (height - 1) / 2f;
    for (int y = 0; y < height; y++) {
      float dy = (float) (y - centreY - shiftY);
      for (int x = 0; x < width; x++) {
        float dx = (float) (x - centreX - shiftX);
        float sourceX = xx * dx + xy * dy + centreX;
        float sourceY = yy * dy + yx * dx + centreY;
        int left = (int) Math.floor(sourceX);
        int top = (int) Math.floor(sourceY);
        for (int plane = 0; plane < shape.values(); plane += height * width) {
          scratch[plane + y * width + x] =
              bilinear(sample, plane, height, width, left, top, sourceX - left, sourceY - top);
        }
      }
    }
    System.arraycopy(scratch, 0, sample, 0, shape.values());
  }

  private static float bilinear(
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
