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

/** {@link Convolution} of the MNIST networks: 128 images, 14x14, 128 to 128 channels, 3x3. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class ConvolutionBenchmark {
  /** Share of ones among the spikes that the convolution reads. */
  @Param({"0.05", "0.1", "0.3", "1"})
  double density;

  private Device device;
  private Convolution convolution;
  private Buffer x;
  private Buffer weight;
  private Buffer gy;
  private Buffer y;
  private Buffer gx;
  private Buffer gWeight;

  /** Plans the convolution and fills its input. */
  @Setup
  public void plan() {
    device = Devices.open("auto", DeviceOptions.defaults());
    Convolution.Spec spec = new Convolution.Spec(128, 128, 14, 14, 128, 3, 1, 1);
    convolution = device.convolution(spec);
    Random random = new Random(1);
    x = RandomBuffers.spikes(device, 128L * 14 * 14 * 128, density, random);
    gy = RandomBuffers.normal(device, x.size(), random);
    y = device.allocate(x.size());
    int weights = device.convolutionWeightLayout(128, 128, spec.kernel()).physicalSize();
    weight = RandomBuffers.normal(device, weights, random);
    gx = device.allocate(x.size());
    gWeight = device.allocate(weights);
  }

  /** y from x. */
  @Benchmark
  public void forward() {
    convolution.forward(x, weight, null, y);
    device.synchronize();
  }

  /** The input's gradient. */
  @Benchmark
  public void backwardData() {
    convolution.backwardData(gy, weight, gx);
    device.synchronize();
  }

  /** The weights' gradient. */
  @Benchmark
  public void backwardWeights() {
    convolution.backwardWeights(x, gy, gWeight, null);
    device.synchronize();
  }

  /** Closes the device; the process ends after it. */
  @TearDown
  public void close() {
    convolution.close();
    device.close();
  }
}
