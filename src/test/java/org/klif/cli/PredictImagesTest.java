package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Splitter;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.data.DataStore;
import org.klif.data.Dataset;
import org.klif.testing.Shared;
import org.klif.train.Runs;
import picocli.CommandLine;

/** What klif predict makes of the same pixels in files of every kind. */
class PredictImagesTest {
  private static final int SIDE = 8;
  private static final int AREA = SIDE * SIDE;

  /** Two bytes of equal value are a sample of 16 bits of the same brightness. */
  private static final int WIDE = 257;

  @TempDir static Path folder;
  private static String run;

  @BeforeAll
  static void train() {
    run = folder.resolve("run").toString();
    List<String> words = new ArrayList<>(List.of("train", "digits", "--out", run));
    Runs.SMALL.forEach(setting -> words.addAll(List.of("--set", setting)));
    Cli cli = Cli.run(words.toArray(String[]::new));
    assertEquals(0, cli.code(), cli.err());
  }

  @Test
  void equalPixelsHaveEqualRatesInEveryKindOfFile() throws IOException {
    Dataset test = DataStore.open(Optional.empty()).load("digits").test();
    for (int sample = 0; sample < 4; sample++) {
      int[] pixels = pixels(test, sample);
      JsonNode expected = null;
      for (Map.Entry<String, byte[]> file : files(pixels).entrySet()) {
        Path path = Files.write(folder.resolve(file.getKey()), file.getValue());
        JsonNode rates = rates(path);
        expected = expected == null ? rates : expected;
        assertEquals(expected, rates, file.getKey());
      }
    }
  }

  @Test
  void otherProgramsFilesHaveEqualRates() {
    Path cases = Shared.require().resolve("cases/grey-png");
    JsonNode expected = rates(cases.resolve("wrong.csv"));
    for (String name : List.of("wrong.png", "wrong.pgm")) {
      assertEquals(expected, rates(cases.resolve(name)), name);
    }
    assertEquals(rates(cases.resolve("rgb.png")), rates(cases.resolve("gray8.png")));
  }

  /** A flat JPEG keeps its value to the bit, whatever a profile in it says of its colours. */
  @Test
  void aJpegsOwnValuesCountWhateverItsProfile() throws IOException {
    int[] pixels = new int[AREA];
    Arrays.fill(pixels, 129);
    JsonNode expected = rates(Files.write(folder.resolve("flat.pgm"), pgm(pixels, 255)));
    byte[] grey = image("jpeg", raster(BufferedImage.TYPE_BYTE_GRAY, pixels, 1, 1));
    byte[] colours = image("jpeg", raster(BufferedImage.TYPE_3BYTE_BGR, pixels, 3, 1));
    byte[] profile = ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData();
    assertEquals(expected, rates(Files.write(folder.resolve("grey.jpg"), grey)));
    assertEquals(expected, rates(Files.write(folder.resolve("colours.jpg"), colours)));
    Path linear = Files.write(folder.resolve("linear.jpg"), withProfile(colours, profile));
    assertNotEquals(
        129, ImageIO.read(linear.toFile()).getRGB(0, 0) & 255, "this profile changes nothing");
    assertEquals(expected, rates(linear));
  }

  /** Its bytes say 60000 x 60000 and little else. */
  @Test
  void anImageThatIsTooLargeIsRefusedByItsHeader() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("huge.png", pngHeader(60_000, 60_000));
    files.put("huge.pgm", "P5\n60000 60000\n255\n".getBytes(StandardCharsets.US_ASCII));
    files.put("text.pgm", "P2\n60000 60000\n255\n1 2".getBytes(StandardCharsets.US_ASCII));
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path path = Files.write(folder.resolve(file.getKey()), file.getValue());
      Cli cli = Cli.run("predict", run, path.toString());
      assertEquals(1, cli.code(), cli.err());
      assertTrue(cli.err().contains("has 60000 x 60000 pixels"), cli.err());
      assertTrue(cli.err().contains("make it smaller"), cli.err());
      assertEquals(1, cli.err().lines().count(), cli.err());
    }
  }

  /** There is no --batch and no --T that could be smaller. */
  @Test
  void whatDoesNotFitTheHeapIsSaidWithWhatHelpsThisCommand() throws Exception {
    BufferedImage image = new BufferedImage(5000, 5000, BufferedImage.TYPE_BYTE_GRAY);
    Path large = folder.resolve("large.png");
    ImageIO.write(image, "png", large.toFile());
    KlifProcess process =
        KlifProcess.run(Map.of("JDK_JAVA_OPTIONS", "-Xmx64m"), "predict", run, large.toString());
    assertEquals(1, process.code(), process.output());
    assertTrue(process.message().contains("out of memory"), process.message());
    assertTrue(process.message().contains("JDK_JAVA_OPTIONS=-Xmx"), process.message());
    assertFalse(process.message().contains("--batch"), process.message());
  }

  @Test
  void adviceOnMemoryNamesOptionsThatTheCommandHas() {
    Console console = new Console(System.out, System.err, false);
    Map<String, CommandLine> all =
        new KlifCommand(console, Interruption.manual()).commands.getSubcommands();
    List<CommandLine> commands = new ArrayList<>(all.values());
    all.values().forEach(group -> commands.addAll(group.getSubcommands().values()));
    for (CommandLine command : commands) {
      String advice = KlifCommand.lessMemory(command);
      for (String word : Splitter.on(' ').split(advice)) {
        boolean known = command.getCommandSpec().findOption(word) != null;
        assertTrue(!word.startsWith("-") || known, command.getCommandName() + ": " + advice);
      }
    }
    String advice = KlifCommand.lessMemory(all.get("train"));
    assertTrue(advice.startsWith("a smaller --batch or --T needs less, and "), advice);
  }

  @Test
  void aLabelInALineIsLeftOutWhereItIsSaidToStand() throws IOException {
    int[] pixels = pixels(DataStore.open(Optional.empty()).load("digits").test(), 0);
    JsonNode expected = rates(Files.writeString(folder.resolve("p.csv"), csv(pixels)));
    Path first = Files.writeString(folder.resolve("first.csv"), "7," + csv(pixels));
    Path last = Files.writeString(folder.resolve("last.csv"), csv(pixels) + ",7\n");
    for (Path file : List.of(first, last)) {
      Cli cli = Cli.run("predict", run, file.toString());
      assertEquals(1, cli.code(), cli.out());
      String sentence =
          "line 1: 65 values, but a sample of 1x8x8 has 64; if the one more is a label, say"
              + " --label first or --label last";
      assertTrue(cli.err().contains(sentence), cli.err());
    }
    assertEquals(expected, rates(first, "--label", "first"));
    assertEquals(expected, rates(last, "--label", "last"));
    Cli none = Cli.run("predict", run, folder.resolve("p.csv").toString(), "--label", "last");
    assertTrue(none.err().contains("64 values, but a sample of 1x8x8 has 64 and a label"));
  }

  @Test
  void otherProgramsLabelsAreNotTakenForPixels() {
    Path file = Shared.require().resolve("cases/csv-label-first/x.csv");
    Cli cli = Cli.run("predict", run, file.toString());
    assertEquals(1, cli.code(), cli.out());
    assertTrue(cli.err().contains("--label first"), cli.err());
    Cli said = Cli.run("predict", run, file.toString(), "--label", "first", "--json");
    assertEquals(0, said.code(), said.err());
  }

  @Test
  void valuesThatNoPixelHasAreRefused() throws IOException {
    int[] pixels = new int[AREA];
    pixels[9] = 300;
    Path file = Files.writeString(folder.resolve("wide.csv"), csv(pixels));
    Cli cli = Cli.run("predict", run, file.toString());
    assertEquals(1, cli.code(), cli.out());
    assertTrue(cli.err().contains("line 1: a value of 300.0, but white is 255.0"), cli.err());
    assertEquals(0, Cli.run("predict", run, file.toString(), "--white", "300").code());
    pixels[9] = -1;
    Files.writeString(file, csv(pixels));
    cli = Cli.run("predict", run, file.toString());
    assertTrue(cli.err().contains("'-1' is not a number from 0 (black) up"), cli.err());
    for (String text : List.of("16f", "1d", "0x1p3", "NaN")) {
      Files.writeString(file, csv(new int[AREA - 1]) + "," + text);
      cli = Cli.run("predict", run, file.toString());
      assertTrue(cli.err().contains("'" + text + "' is not a number"), text + ": " + cli.err());
    }
    Path pgm = Files.writeString(folder.resolve("bright.pgm"), "P2\n1 1\n100\n101\n");
    cli = Cli.run("predict", run, pgm.toString());
    assertTrue(cli.err().contains("a value of 101, and 100 is white"), cli.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "0", "-0.0", "-255", "Infinity", "1e-60", "1e60"})
  void whiteIsANumberThatPixelsCanBeDividedBy(String white) throws IOException {
    Path file = Files.writeString(folder.resolve("black.csv"), csv(new int[AREA]));
    Cli cli = Cli.run("predict", run, file.toString(), "--white=" + white);
    assertEquals(2, cli.code(), cli.out());
    assertTrue(cli.err().contains("a finite number above 0 in float32, not "), cli.err());
    assertEquals(1, cli.err().lines().count(), cli.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--white=255", "--label=last"})
  void whatIsForCsvIsRefusedForOtherFiles(String option) throws IOException {
    Path pgm = Files.write(folder.resolve("plain.pgm"), pgm(new int[AREA], 255));
    Cli cli = Cli.run("predict", run, pgm.toString(), option);
    assertEquals(2, cli.code(), cli.out());
    String says = "--white and --label are for csv files, and " + pgm + " is none";
    assertTrue(cli.err().contains(says), cli.err());
    assertEquals(1, cli.err().lines().count(), cli.err());
  }

  @Test
  void aCsvFileInUtf16IsSaidToBeNoUtf8() throws IOException {
    Path file = folder.resolve("utf16.csv");
    Files.writeString(file, csv(new int[AREA]), StandardCharsets.UTF_16);
    Cli cli = Cli.run("predict", run, file.toString());
    assertEquals(1, cli.code(), cli.out());
    assertTrue(cli.err().contains(file + ": it is not text in UTF-8"), cli.err());
  }

  private static JsonNode rates(Path file, String... more) {
    String[] start = {"predict", run, file.toString(), "--json"};
    String[] words = Arrays.copyOf(start, start.length + more.length);
    System.arraycopy(more, 0, words, start.length, more.length);
    Cli cli = Cli.run(words);
    assertEquals(0, cli.code(), cli.err());
    return cli.json().get("predictions").get(0).get("rates");
  }

  /** A test digit as bytes. */
  private static int[] pixels(Dataset data, int sample) {
    float[] values = new float[AREA];
    data.read(sample, values, 0);
    return IntStream.range(0, AREA).map(i -> Math.round(values[i] * 255)).toArray();
  }

  /** By ending and kind; what Java writes are the samples of a raster, without a conversion. */
  private static Map<String, byte[]> files(int[] pixels) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("x.csv", csv(pixels).getBytes(StandardCharsets.US_ASCII));
    files.put("mark.csv", ("\uFEFF" + csv(pixels)).getBytes(StandardCharsets.UTF_8));
    files.put("x.pgm", pgm(pixels, 255));
    files.put("16.pgm", pgm(pixels, 65_535));
    String text =
        Arrays.stream(pixels).mapToObj(Integer::toString).collect(Collectors.joining(" "));
    files.put("text.pgm", ("P2\n8 8\n255\n" + text).getBytes(StandardCharsets.US_ASCII));
    files.put("grey.png", image("png", raster(BufferedImage.TYPE_BYTE_GRAY, pixels, 1, 1)));
    files.put("grey16.png", image("png", raster(BufferedImage.TYPE_USHORT_GRAY, pixels, 1, WIDE)));
    files.put("rgb.png", image("png", raster(BufferedImage.TYPE_3BYTE_BGR, pixels, 3, 1)));
    files.put("rgb16.png", image("png", fill(wideColours(), pixels, 3, WIDE)));
    files.put("alpha.png", image("png", opaque(pixels)));
    files.put("palette.png", image("png", fill(palette(false), pixels, 1, 1)));
    files.put("palette.gif", image("gif", fill(palette(false), pixels, 1, 1)));
    files.put("rgb.bmp", image("bmp", raster(BufferedImage.TYPE_3BYTE_BGR, pixels, 3, 1)));
    files.put("grey.bmp", image("bmp", raster(BufferedImage.TYPE_BYTE_GRAY, pixels, 1, 1)));
    int[] backwards = Arrays.stream(pixels).map(p -> 255 - p).toArray();
    files.put("palette.bmp", image("bmp", fill(palette(true), backwards, 1, 1)));
    return files;
  }

  private static String csv(int[] pixels) {
    return Arrays.stream(pixels).mapToObj(Integer::toString).collect(Collectors.joining(","));
  }

  private static byte[] pgm(int[] pixels, int white) {
    String header = "P5\n8 8\n" + white + "\n";
    ByteBuffer bytes = ByteBuffer.allocate(header.length() + 2 * AREA);
    bytes.put(header.getBytes(StandardCharsets.US_ASCII));
    for (int pixel : pixels) {
      if (white > 255) {
        bytes.putShort((short) (pixel * WIDE));
      } else {
        bytes.put((byte) pixel);
      }
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  private static BufferedImage raster(int type, int[] pixels, int bands, int factor) {
    return fill(new BufferedImage(SIDE, SIDE, type), pixels, bands, factor);
  }

  private static BufferedImage fill(BufferedImage image, int[] pixels, int bands, int factor) {
    for (int i = 0; i < AREA; i++) {
      for (int b = 0; b < bands; b++) {
        image.getRaster().setSample(i % SIDE, i / SIDE, b, pixels[i] * factor);
      }
    }
    return image;
  }

  private static BufferedImage opaque(int[] pixels) {
    BufferedImage image = raster(BufferedImage.TYPE_4BYTE_ABGR, pixels, 3, 1);
    for (int i = 0; i < AREA; i++) {
      image.getRaster().setSample(i % SIDE, i / SIDE, 3, 255);
    }
    return image;
  }

  private static BufferedImage wideColours() {
    ColorModel model =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_sRGB),
            false,
            false,
            Transparency.OPAQUE,
            DataBuffer.TYPE_USHORT);
    WritableRaster raster = model.createCompatibleWritableRaster(SIDE, SIDE);
    return new BufferedImage(model, raster, false, null);
  }

  /** Grey levels as a palette of 256 colours, or these backwards. */
  private static BufferedImage palette(boolean backwards) {
    byte[] levels = new byte[256];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) (backwards ? 255 - i : i);
    }
    return new BufferedImage(
        SIDE,
        SIDE,
        BufferedImage.TYPE_BYTE_INDEXED,
        new IndexColorModel(8, 256, levels, levels, levels));
  }

  private static byte[] image(String format, BufferedImage image) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(image, format, out), format + " is not written");
    // the reader sees the same samples that were written
    byte[] bytes = out.toByteArray();
    if (!format.equals("jpeg") && image.getRaster().getNumBands() == 1) {
      int[] written = image.getRaster().getPixels(0, 0, SIDE, SIDE, (int[]) null);
      BufferedImage read = ImageIO.read(new ByteArrayInputStream(bytes));
      if (!(read.getColorModel() instanceof IndexColorModel)) {
        int[] samples = read.getRaster().getPixels(0, 0, SIDE, SIDE, (int[]) null);
        assertEquals(Arrays.toString(written), Arrays.toString(samples), format);
      }
    }
    return bytes;
  }

  /** The file with an APP2 segment behind its APP0, as cameras and editors write it. */
  private static byte[] withProfile(byte[] jpeg, byte[] profile) {
    byte[] name = "ICC_PROFILE\0\1\1".getBytes(StandardCharsets.US_ASCII);
    int behind = 4 + (((jpeg[4] & 255) << 8) | (jpeg[5] & 255));
    ByteBuffer bytes = ByteBuffer.allocate(jpeg.length + 4 + name.length + profile.length);
    bytes.put(jpeg, 0, behind);
    bytes.putShort((short) 0xffe2).putShort((short) (2 + name.length + profile.length));
    bytes.put(name).put(profile).put(jpeg, behind, jpeg.length - behind);
    return bytes.array();
  }

  private static byte[] pngHeader(int width, int height) {
    ByteBuffer bytes = ByteBuffer.allocate(8 + 25 + 12 + 1);
    bytes.putLong(0x89504e470d0a1a0aL).putInt(13);
    int from = bytes.position();
    bytes.putInt(0x49484452).putInt(width).putInt(height).put(new byte[] {8, 0, 0, 0, 0});
    bytes.putInt(crc(bytes, from));
    bytes.putInt(1);
    from = bytes.position();
    bytes.putInt(0x49444154).put((byte) 0x78).putInt(crc(bytes, from));
    return bytes.array();
  }

  private static int crc(ByteBuffer bytes, int from) {
    CRC32 crc = new CRC32();
    crc.update(bytes.duplicate().flip().position(from));
    return (int) crc.getValue();
  }
}
