package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.data.GeneratedSets;

/** {@code klif data show}, and the commands that say how to get a set. */
class DataShowCommandTest {
  @TempDir Path folder;

  @Test
  void anImageIsEnlarged() throws IOException {
    Path out = folder.resolve("digit.png");
    Cli cli = Cli.run("data", "show", "digits", "--out", out.toString());
    assertEquals(0, cli.code(), cli.err());
    BufferedImage image = ImageIO.read(out.toFile());
    assertEquals(128, image.getWidth());
    assertEquals(128, image.getHeight());
  }

  /** Spikes of units in a row are one picture: a row for each time step. */
  @Test
  void spikeTrainsAreARaster() throws IOException {
    Path data = GeneratedSets.unpacked(GeneratedSets.shd(), folder.resolve("data"));
    Path png = folder.resolve("x.png");
    Cli cli =
        Cli.run(
            "data",
            "show",
            "shd",
            "--data",
            data.toString(),
            "--part",
            "test",
            "--sample",
            "1",
            "--frames",
            "time(5)",
            "--out",
            png.toString());
    assertEquals(0, cli.code(), cli.err());
    assertTrue(cli.out().contains("sample 1 of shd test, class one"), cli.out());
    BufferedImage raster = ImageIO.read(png.toFile());
    assertEquals(700, raster.getWidth());
    assertEquals(5, raster.getHeight());
    // the first spike is of unit 31
    assertEquals(0xFFFFFF, raster.getRGB(31, 0) & 0xFFFFFF);
    assertEquals(0, raster.getRGB(32, 0) & 0xFFFFFF);
  }

  @Test
  void framesAreAGridOrAnAnimation() throws IOException {
    Path data = GeneratedSets.unpacked(GeneratedSets.nmnist(), folder.resolve("data"));
    Path png = folder.resolve("x.png");
    Path gif = folder.resolve("x.gif");
    for (Path out : new Path[] {png, gif}) {
      Cli cli =
          Cli.run(
              "data",
              "show",
              "nmnist",
              "--data",
              data.toString(),
              "--sample",
              "7",
              "--frames",
              "time(5)",
              "--out",
              out.toString());
      assertEquals(0, cli.code(), cli.err());
      assertTrue(cli.out().contains("sample 7 of nmnist train, class 7"), cli.out());
    }
    BufferedImage grid = ImageIO.read(png.toFile());
    // 34 pixels three times as large, 3 columns and 2 rows with 2 pixels between
    assertEquals(3 * 102 + 2 * 2, grid.getWidth());
    assertEquals(2 * 102 + 2, grid.getHeight());
    try (ImageInputStream in = ImageIO.createImageInputStream(gif.toFile())) {
      ImageReader reader = ImageIO.getImageReaders(in).next();
      reader.setInput(in);
      assertEquals(5, reader.getNumImages(true));
    }
  }

  @Test
  void oneRecordingIsReadWithoutACache() throws IOException {
    Path data = GeneratedSets.unpacked(GeneratedSets.gesture(), folder.resolve("data"));
    // only this recording can be read
    Files.write(data.resolve("DvsGesture/user01_led.aedat"), new byte[] {1, 2, 3});
    Path out = folder.resolve("x.png");
    String[] show = {
      "data",
      "show",
      "dvs128-gesture",
      "--data",
      data.toString(),
      "--part",
      "test",
      "--sample",
      "4",
      "--frames",
      "count(1)",
      "--filter",
      "downsample(4)",
      "--out",
      out.toString()
    };
    Cli cli = Cli.run(show);
    assertEquals(0, cli.code(), cli.err());
    assertTrue(cli.out().contains("sample 4 of dvs128-gesture test, class right arm counter"));
    assertEquals(128, ImageIO.read(out.toFile()).getWidth(), "32 pixels four times as large");
    show[8] = "11";
    cli = Cli.run(show);
    assertEquals(2, cli.code());
    assertTrue(cli.err().contains("has the samples 0 to 10, not 11"), cli.err());
    cli = Cli.run("data", "show", "digits", "--filter", "none", "--out", out.toString());
    assertEquals(2, cli.code());
    assertTrue(cli.err().contains("--filter is for recordings"), cli.err());
  }

  @Test
  void whatCannotBeShownIsExplained() {
    Cli cli = Cli.run("data", "show", "digits", "--sample", "1437", "--out", "x.png");
    assertEquals(2, cli.code());
    assertTrue(cli.err().contains("digits train has the samples 0 to 1436, not 1437"), cli.err());
    cli = Cli.run("data", "show", "digits", "--out", "x.bmp");
    assertEquals(2, cli.code());
    assertTrue(cli.err().contains("x.bmp must end in .png or .gif"), cli.err());
  }

  @Test
  void aFolderThatIsNotThere() {
    for (String name : new String[] {"x.png", "x.gif"}) {
      Path out = folder.resolve("missing").resolve(name);
      Cli cli = Cli.run("data", "show", "digits", "--out", out.toString());
      assertEquals(1, cli.code());
      assertEquals(
          "klif: Cannot write " + out + ": no such file or folder\n", cli.err(), "and no more");
    }
  }

  /** 10,000 frames of 34x34 pixels do not fit in 64 MiB; this command has neither option. */
  @Test
  void whatHelpsWhereMemoryIsShort() throws IOException, InterruptedException {
    Path data = GeneratedSets.unpacked(GeneratedSets.nmnist(), folder.resolve("data"));
    KlifProcess process =
        KlifProcess.run(
            Map.of("JDK_JAVA_OPTIONS", "-Xmx64m"),
            "data",
            "show",
            "nmnist",
            "--data",
            data.toString(),
            "--frames",
            "count(10000)",
            "--out",
            folder.resolve("x.png").toString());
    assertEquals(1, process.code(), process.output());
    assertTrue(process.message().contains("out of memory"), process.output());
    assertTrue(process.message().contains("JDK_JAVA_OPTIONS=-Xmx8g"), process.output());
    assertFalse(process.message().contains("--batch"), process.output());
    // frames are made in other threads there
    process =
        KlifProcess.run(
            Map.of("JDK_JAVA_OPTIONS", "-Xmx64m", "KLIF_DATA", folder.resolve("home").toString()),
            "train",
            "nmnist-small",
            "--data",
            data.toString(),
            "--device",
            "cpu",
            "--T",
            "10000",
            "--out",
            folder.resolve("run").toString(),
            "--set",
            "network=fc10 bn sn");
    assertEquals(1, process.code(), process.output());
    assertTrue(process.message().contains("a smaller --batch or --T needs less"), process.output());
  }

  @Test
  void aSetThatAPersonMustFetch() {
    Cli cli = Cli.run("data", "get", "dvs128-gesture", "--data", folder.toString());
    assertEquals(1, cli.code());
    assertTrue(cli.err().contains("get DvsGesture.tar.gz"), cli.err());
    assertTrue(cli.err().contains(folder.resolve("dvs128-gesture").toString()), cli.err());
  }

  @Test
  void statisticsOfASet() {
    Path data = GeneratedSets.unpacked(GeneratedSets.nmnist(), folder);
    Cli cli = Cli.run("data", "stats", "nmnist", "--data", data.toString());
    assertEquals(0, cli.code(), cli.err());
    assertTrue(cli.out().contains("nmnist train: 20 samples"), cli.out());
    assertTrue(cli.out().contains("events of a recording: 300 to 309"), cli.out());
  }
}
