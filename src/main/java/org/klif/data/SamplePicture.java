package org.klif.data;

import com.google.common.base.Ascii;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.klif.UsageException;
import org.klif.io.Png;

/**
 * A sample for people to look at. Of events, red is polarity 1 and blue polarity 0 on black, both
 * relative to the sample's largest value; images are grey or in their colours. Spikes of units in a
 * row are one picture, white on black, whose rows are the time steps.
 */
public final class SamplePicture {
  /** Small frames are enlarged to about this side. */
  private static final int SIDE = 128;

  private static final int GAP = 2;

  /** A hundredth of a second each. */
  private static final int DELAY = 20;

  private final SampleShape shape;
  private final float[] values;
  private final int scale;
  private final float largest;

  /** The picture of sample {@code i}. */
  public SamplePicture(Dataset dataset, int i) {
    if (i < 0 || i >= dataset.size()) {
      throw new UsageException(
          "%s has the samples 0 to %d, not %d".formatted(dataset.name(), dataset.size() - 1, i));
    }
    this.shape = raster(dataset.shape());
    this.values = new float[shape.values()];
    dataset.read(i, values, 0);
    this.scale = Math.max(1, SIDE / Math.max(shape.height(), shape.width()));
    float most = 0;
    for (float value : values) {
      most = Math.max(most, value);
    }
    // images keep their brightness
    this.largest = shape.isStatic() || most == 0 ? 1 : most;
  }

  /** Frames of one row and one channel are the rows of one picture: time goes down. */
  private static SampleShape raster(SampleShape shape) {
    return shape.height() == 1 && shape.channels() == 1
        ? SampleShape.sequence(1, 1, shape.steps(), shape.width())
        : shape;
  }

  /**
   * Refuses a file's name that does not say which picture is meant.
   *
   * @throws UsageException naming both endings
   */
  public static void requireEnding(Path file) {
    if (!isPng(file) && !isGif(file)) {
      throw new UsageException(file + " must end in .png or .gif");
    }
  }

  private static boolean isPng(Path file) {
    return Ascii.toLowerCase(file.toString()).endsWith(".png");
  }

  private static boolean isGif(Path file) {
    return Ascii.toLowerCase(file.toString()).endsWith(".gif");
  }

  /**
   * The bytes of such a file: all frames side by side as .png, one after the other as .gif.
   *
   * @throws UsageException when the name has another ending
   */
  public byte[] encoded(Path file) {
    requireEnding(file);
    if (isPng(file)) {
      return Png.of(grid());
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      writeGif(out);
    } catch (IOException e) {
      throw new IllegalStateException("a picture in memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  /** All frames in rows. */
  BufferedImage grid() {
    int columns = (int) Math.ceil(Math.sqrt(shape.steps()));
    int rows = (shape.steps() + columns - 1) / columns;
    int width = shape.width() * scale + GAP;
    int height = shape.height() * scale + GAP;
    BufferedImage grid =
        new BufferedImage(columns * width - GAP, rows * height - GAP, BufferedImage.TYPE_INT_RGB);
    for (int t = 0; t < shape.steps(); t++) {
      draw(grid, t, t % columns * width, t / columns * height);
    }
    return grid;
  }

  private void draw(BufferedImage image, int step, int left, int top) {
    for (int y = 0; y < shape.height() * scale; y++) {
      for (int x = 0; x < shape.width() * scale; x++) {
        image.setRGB(left + x, top + y, colour(step, y / scale, x / scale));
      }
    }
  }

  private int colour(int step, int y, int x) {
    int area = shape.height() * shape.width();
    int first = step * shape.channels() * area + y * shape.width() + x;
    return switch (shape.channels()) {
      case 1 -> level(first) * 0x010101;
      case 2 -> level(first + area) << 16 | level(first);
      default -> level(first) << 16 | level(first + area) << 8 | level(first + 2 * area);
    };
  }

  private int level(int index) {
    return Math.round(255 * Math.min(1, Math.max(0, values[index] / largest)));
  }

  private void writeGif(ImageOutputStream out) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    try {
      writer.setOutput(out);
      writer.prepareWriteSequence(null);
      for (BufferedImage frame : frames()) {
        IIOMetadata metadata =
            writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(frame), null);
        writer.writeToSequence(new IIOImage(frame, null, timed(metadata)), null);
      }
      writer.endWriteSequence();
    } finally {
      writer.dispose();
    }
  }

  private List<BufferedImage> frames() {
    List<BufferedImage> frames = new ArrayList<>();
    for (int t = 0; t < shape.steps(); t++) {
      BufferedImage frame =
          new BufferedImage(
              shape.width() * scale, shape.height() * scale, BufferedImage.TYPE_INT_RGB);
      draw(frame, t, 0, 0);
      frames.add(frame);
    }
    return frames;
  }

  /** With the time a frame is shown, and played again and again. */
  private static IIOMetadata timed(IIOMetadata metadata) throws IOException {
    String format = metadata.getNativeMetadataFormatName();
    IIOMetadataNode root = new IIOMetadataNode(format);
    IIOMetadataNode control = new IIOMetadataNode("GraphicControlExtension");
    control.setAttribute("disposalMethod", "none");
    control.setAttribute("userInputFlag", "FALSE");
    control.setAttribute("transparentColorFlag", "FALSE");
    control.setAttribute("delayTime", Integer.toString(DELAY));
    control.setAttribute("transparentColorIndex", "0");
    root.appendChild(control);
    IIOMetadataNode extensions = new IIOMetadataNode("ApplicationExtensions");
    IIOMetadataNode loop = new IIOMetadataNode("ApplicationExtension");
    loop.setAttribute("applicationID", "NETSCAPE");
    loop.setAttribute("authenticationCode", "2.0");
    loop.setUserObject(new byte[] {1, 0, 0});
    extensions.appendChild(loop);
    root.appendChild(extensions);
    metadata.mergeTree(format, root);
    return metadata;
  }
}
