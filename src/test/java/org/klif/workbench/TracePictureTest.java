package org.klif.workbench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.UsageException;
import org.klif.chart.Drawing;

class TracePictureTest {
  @TempDir Path folder;

  /** An LIF under a constant current, with an adaptation, by hand. */
  static NeuronTrace trace(int steps) {
    double[] x = new double[steps];
    double[] v = new double[steps];
    double[] a = new double[steps];
    double[] u = new double[steps];
    double[] s = new double[steps];
    double potential = 0;
    double adapted = 0;
    for (int t = 0; t < steps; t++) {
      x[t] = t < steps / 10 ? 0 : 1.8;
      potential += (x[t] - potential) / 4;
      u[t] = potential - 1 - 0.2 * adapted;
      s[t] = u[t] >= 0 ? 1 : 0;
      adapted = 0.9 * adapted + s[t];
      potential *= 1 - s[t];
      v[t] = potential;
      a[t] = adapted;
    }
    return new NeuronTrace(
        "alif",
        ImmutableDoubleArray.copyOf(x),
        List.of(
            new NeuronTrace.Line("v", ImmutableDoubleArray.copyOf(v)),
            new NeuronTrace.Line("a", ImmutableDoubleArray.copyOf(a))),
        ImmutableDoubleArray.copyOf(u),
        ImmutableDoubleArray.copyOf(s));
  }

  @Test
  void svgHasAPanelForEachAndAStrokeForEachSpike() {
    NeuronTrace trace = trace(40);
    String svg = new TracePicture(trace).drawing().svg();
    assertTrue(
        svg.contains(" xmlns=\"http://www.w3.org/2000/svg\"") && svg.endsWith("</svg>\n"), svg);
    for (String name : List.of(">x<", ">v<", ">a<", ">u<", ">current<", ">potential<")) {
      assertTrue(svg.contains(name), name);
    }
    int spikes = trace.spikeSteps().size();
    assertTrue(spikes > 3, "spikes " + spikes);
    // one stroke in each of the four panels
    assertEquals(4L * spikes, svg.lines().filter(line -> line.contains("#f3b48f")).count());
  }

  @Test
  void aNumberThatIsNoneLeavesAGap() {
    ImmutableDoubleArray line = ImmutableDoubleArray.of(0, Double.NaN, 1);
    ImmutableDoubleArray zeros = ImmutableDoubleArray.of(0, 0, 0);
    NeuronTrace trace =
        new NeuronTrace("x", zeros, List.of(new NeuronTrace.Line("v", line)), zeros, zeros);
    String svg = new TracePicture(trace).drawing().svg();
    assertTrue(!svg.contains("NaN"), svg);
  }

  @Test
  void bothKindsAreWritten() throws IOException {
    Drawing picture = new TracePicture(trace(200)).drawing();
    Path png = folder.resolve("x.png");
    picture.write(png);
    assertEquals(1720, ImageIO.read(png.toFile()).getWidth());
    Path svg = folder.resolve("x.svg");
    picture.write(svg);
    assertTrue(Files.size(svg) > 1000);
    assertThrows(UsageException.class, () -> picture.write(folder.resolve("x.pdf")));
  }
}
