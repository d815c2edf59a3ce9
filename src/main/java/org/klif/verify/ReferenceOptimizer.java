package org.klif.verify;

import java.util.ArrayList;
import java.util.List;
import org.klif.device.OptimizerStep;
import org.klif.optim.OptimizerOptions;

/** SGD with momentum and Adam in float64, without decay and clipping. */
final class ReferenceOptimizer {
  private final OptimizerOptions o;
  private final List<double[]> firstMoments = new ArrayList<>();
  private final List<double[]> secondMoments = new ArrayList<>();
  private int updates;

  ReferenceOptimizer(OptimizerOptions options) {
    this.o = options;
  }

  /** The parameters after a step. */
  List<double[]> step(List<double[]> parameters, List<double[]> gradients) {
    updates++;
    boolean sgd = o.rule() == OptimizerStep.Rule.SGD;
    List<double[]> after = new ArrayList<>();
    for (int p = 0; p < parameters.size(); p++) {
      double[] g = gradients.get(p);
      if (updates == 1) {
        firstMoments.add(new double[g.length]);
        secondMoments.add(new double[g.length]);
      }
      double[] m = firstMoments.get(p);
      double[] v = secondMoments.get(p);
      double[] next = parameters.get(p).clone();
      for (int i = 0; i < g.length; i++) {
        m[i] = o.momentum() * m[i] + (sgd ? 1 : 1 - o.momentum()) * g[i];
        v[i] = o.beta2() * v[i] + (1 - o.beta2()) * g[i] * g[i];
        double size = Math.sqrt(v[i] / (1 - Math.pow(o.beta2(), updates))) + o.eps();
        double step = m[i] / (1 - Math.pow(o.momentum(), updates)) / size;
        next[i] -= o.learningRate() * (sgd ? m[i] : step);
      }
      after.add(next);
    }
    return after;
  }
}
