package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The gradients of all parameters of a smooth network against central differences. */
final class GradientDifferences {
  /** Small, so that few kinks (ReLU of KLIF, maximum of a window) lie within a step. */
  private static final float H = 1e-3f;

  private GradientDifferences() {}

  static void check(Network network, NetworkPlan plan) {
    Nets.step(plan);
    float[] weights = Nets.random("gradient", plan.output().size());
    for (Parameter parameter : network.parameters()) {
      float[] analytic = parameter.gradients();
      float[] values = parameter.values();
      float[] direction = direction(parameter.name(), analytic);
      parameter.set(moved(values, direction, H));
      plan.forward(true);
      double above = Nets.dot(weights, plan.output().toArray());
      parameter.set(moved(values, direction, -H));
      plan.forward(true);
      double below = Nets.dot(weights, plan.output().toArray());
      parameter.set(values);
      double expected = (above - below) / (2 * H);
      double found = Nets.dot(analytic, direction);
      double norm = Math.sqrt(Nets.dot(analytic, analytic));
      assertTrue(norm > 0, () -> parameter + " has no gradient");
      // float32 outputs of size 1 summed over some hundred values, divided by 2 h: 1e-3;
      // kinks within h: 1 % of the gradient's size
      assertEquals(expected, found, 1e-3 + 0.01 * norm, parameter::toString);
    }
  }

  /** Unit vector: half along the gradient, half at random, so that neither hides an error. */
  private static float[] direction(String name, float[] gradient) {
    float[] random = Nets.random("along " + name, gradient.length);
    double scale = Math.sqrt(Nets.dot(random, random) / Nets.dot(gradient, gradient));
    float[] sum = new float[gradient.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = (float) (random[i] + scale * gradient[i]);
    }
    double norm = Math.sqrt(Nets.dot(sum, sum));
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= (float) norm;
    }
    return sum;
  }

  private static float[] moved(float[] values, float[] direction, float by) {
    float[] moved = values.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += by * direction[i];
    }
    return moved;
  }
}
