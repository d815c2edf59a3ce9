package org.klif.interchange;

import java.util.Arrays;
import java.util.List;

/** NIR's neurons, which are differential equations, as steps of Euler's method. */
final class NirCells {
  /**
   * The step of a node.
   *
   * @param shape of its input
   * @param dt seconds of a time step
   * @throws org.klif.KlifException naming what there is no step for
   */
  static Cell cell(NirNode node, List<Integer> shape, double dt) {
    if (node.type().equals("Threshold")) {
      // it fires where its input does so: a neuron that forgets at once
      double[] one = {1};
      double[] zero = {0};
      return new Cell(node.where(), one, one, zero, node.channels("threshold", shape), zero);
    }
    double[] r = node.channels("r", shape);
    if (node.type().equals("IF")) {
      double[] gain = r.clone();
      Arrays.setAll(gain, i -> Cell.plain(r[i] * dt));
      return new Cell(
          node.where(),
          new double[] {0},
          gain,
          new double[] {0},
          node.channels("v_threshold", shape),
          reset(node, shape));
    }
    double[] tau = node.channels("tau", shape);
    double[] a = tau.clone();
    for (int i = 0; i < a.length; i++) {
      if (!(tau[i] > 0)) {
        throw node.wrong("has a time constant of %s".formatted(tau[i]));
      }
      a[i] = 1 / Cell.plain(tau[i] / dt);
      if (!(a[i] <= 1)) {
        throw node.wrong(
            "has a time constant of %s, below the time step of %s; say another step"
                .formatted(tau[i], dt));
      }
    }
    double[] gain = new double[Math.max(a.length, r.length)];
    Arrays.setAll(gain, i -> Cell.at(r, i) / Cell.plain(Cell.at(tau, i) / dt));
    boolean fires = node.type().equals("LIF");
    return new Cell(
        node.where(),
        Cell.shortest(a),
        Cell.shortest(gain),
        node.channels("v_leak", shape),
        fires ? node.channels("v_threshold", shape) : new double[] {Double.POSITIVE_INFINITY},
        fires ? reset(node, shape) : new double[] {0});
  }

  private static double[] reset(NirNode node, List<Integer> shape) {
    return node.has("v_reset") ? node.channels("v_reset", shape) : new double[] {0};
  }

  private NirCells() {}
}
