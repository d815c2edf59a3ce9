package org.klif.chart;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.io.AtomicFile;

/**
 * Something drawn, for a page or as a file of its own.
 *
 * @param description for those who do not see it
 */
public record Drawing(int width, int height, String description, Consumer<Canvas> content) {
  /** As an element of a page. */
  public String inline() {
    SvgCanvas canvas = new SvgCanvas(this, true);
    content.accept(canvas);
    return canvas.finished();
  }

  /** As an SVG file's text, on white. */
  public String svg() {
    SvgCanvas canvas = new SvgCanvas(this, false);
    onPaper(canvas);
    return canvas.finished();
  }

  /** Refuses a name that says of no kind of picture. */
  public static void requireKnown(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (!name.endsWith(".svg") && !name.endsWith(".png")) {
      throw new UsageException("the file must end in .svg or .png, not " + file);
    }
  }

  /**
   * Writes it, atomically.
   *
   * @param file ends in .svg or .png
   * @throws UsageException for any other end
   * @throws KlifException when it cannot be written, or Java finds no font for a PNG
   */
  public void write(Path file) {
    requireKnown(file);
    boolean text = file.toString().toLowerCase(Locale.ROOT).endsWith(".svg");
    AtomicFile.write(file, text ? svg().getBytes(StandardCharsets.UTF_8) : png());
  }

  private byte[] png() {
    try {
      PngCanvas canvas = new PngCanvas(width, height);
      onPaper(canvas);
      return canvas.finished();
    } catch (LinkageError | InternalError e) {
      throw new KlifException(
          "Java finds no fonts here, which a PNG needs: install fontconfig and a font, or write a file X.svg",
          e);
    }
  }

  private void onPaper(Canvas canvas) {
    canvas.rectangle(0, 0, width, height, Ink.PAPER);
    content.accept(canvas);
  }
}
