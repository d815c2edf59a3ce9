package org.klif.device;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** {@link Linear} of the paper's MNIST network: 128 rows, 6272 to 2048 features. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class LinearBenchmark {
  private static final int ROWS = 128;
  private static final int IN = 6272;
  private static final int OUT = 2048;

  /** Share of ones among the spikes that the layer reads. */
  @Param({"0.05", "0.1", "0.3", "1"})
  double density;

  private Device device;
  private Linear linear;
  private Buffer x;
  private Buffer weight;
  private Buffer gy;
  private Buffer y;
  private Buffer gx;
  private Buffer gWeight;

  /** Plans the layer and fills its input. */
  @Setup
  public void plan() {
    device = Devices.open("auto", DeviceOptions.defaults());
    linear = device.linear(new Linear.Spec(ROWS, IN, OUT));
    Random random = new Random(1);
    x = RandomBuffers.spikes(device, (long) ROWS * IN, density, random);
    gy = RandomBuffers.normal(device, (long) ROWS * OUT, random);
    int weights = device.linearWeightLayout(IN, OUT).physicalSize();
    weight = RandomBuffers.normal(device, weights, random);
    y = device.allocate(gy.size());
    gx = device.allocate(x.size());
    gWeight = device.allocate(weights);
  }

  /** y from x. */
  @Benchmark
  public void forward() {
    linear.forward(x, weight, null, y);
    device.synchronize();
  }

  /** The input's gradient. */
  @Benchmark
  public void backwardData() {
    linear.backwardData(gy, weight, gx);
    device.synchronize();
  }

  /** The weights' gradient. */
  @Benchmark
  public void backwardWeights() {
    linear.backwardWeights(x, gy, gWeight, null);
    device.synchronize();
  }

  /** Closes the device; the process ends after it. */
  @TearDown
  public void close() {
    linear.close();
    device.close();
  }
}
