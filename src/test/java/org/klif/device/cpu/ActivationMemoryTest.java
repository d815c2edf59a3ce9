package org.klif.device.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.klif.device.Buffer;
import org.klif.device.Device;
import org.klif.device.Precision;
import org.klif.nn.Network;
import org.klif.nn.NetworkSpec;

/** What a plan's activations and their gradients take, by the bytes that the device hands out. */
class ActivationMemoryTest {
  /** The paper's network for MNIST. */
  private static final String MNIST =
      "c128k3 bn sn mp2 | c128k3 bn sn mp2 | dp fc2048nb sn | dp fc100nb sn | vote10";

  private static long planned(Precision precision) {
    AtomicLong bytes = new AtomicLong();
    try (Device device = counting(new CpuDevice(2, precision), bytes);
        Network network =
            Network.create(
                device,
                NetworkSpec.parse(MNIST),
                Network.Options.of(8, 1, 28, 28).withConstantInput(true))) {
      bytes.set(0);
      network.plan(16, true).close();
      return bytes.get();
    }
  }

  /** The device, which counts the bytes of the buffers that it hands out. */
  private static Device counting(Device device, AtomicLong bytes) {
    return (Device)
        Proxy.newProxyInstance(
            ActivationMemoryTest.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (self, method, arguments) -> {
              Object result = method.invoke(device, arguments);
              if (result instanceof Buffer buffer) {
                bytes.addAndGet(buffer.size() * buffer.type().bytes());
              }
              return result;
            });
  }

  @Test
  void bfloat16TakesHalfTheBytes() {
    long half = planned(Precision.BF16);
    long whole = planned(Precision.FLOAT32);
    // half, and what stays in float32: statistics, sums, the readout
    assertTrue(half <= 0.55 * whole, half + " of " + whole + " bytes");
    assertTrue(half >= 0.5 * whole, half + " of " + whole + " bytes");
  }
}
