package org.klif.nn;

import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;

/** What the tests of networks share. */
final class Nets {
  private Nets() {}

  static Device device() {
    return Devices.open("cpu", new DeviceOptions(2));
  }

  static Network network(Device device, String text, Network.Options options) {
    Network network = Network.create(device, NetworkSpec.parse(text), options);
    network.beginStep(0);
    return network;
  }

  /** Uniform in [-1, 1), the same for the same name. */
  static float[] random(String name, long size) {
    return new ParameterRandom(7, name).uniform(Math.toIntExact(size), 1);
  }

  /** Random input, a step forward and backward with a random gradient of the output. */
  static void step(NetworkPlan plan) {
    plan.input().upload(random("input", plan.input().size()));
    plan.forward(true);
    plan.outputGradient().upload(random("gradient", plan.outputGradient().size()));
    plan.backward();
  }

  /** sum of a * b, in double precision. */
  static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
