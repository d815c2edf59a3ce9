package org.klif.interchange;

import java.util.Arrays;
import java.util.List;

/**
 * NIR's neurons, which are differential equations, as steps of Euler's method.
 *
 * @param dt seconds of a time step
 */
record NirCells(NirValues values, double dt) {
  /**
   * The step of a node.
   *
   * @param shape of its input
   * @throws org.klif.KlifException naming what there is no step for
   */
  Cell cell(NirNode node, List<Integer> shape) {
    if (node.type().equals("Threshold")) {
      // it fires where its input does so: a neuron that forgets at once
      double[] one = {1};
      double[] zero = {0};
      return new Cell(
          node.where(), one, one, zero, values.channels(node, "threshold", shape), zero);
    }
    double[] r = values.channels(node, "r", shape);
    if (node.type().equals("IF")) {
      double[] gain = r.clone();
      Arrays.setAll(gain, i -> Cell.plain(r[i] * dt));
      return new Cell(
          node.where(),
          new double[] {0},
          gain,
          new double[] {0},
          values.channels(node, "v_threshold", shape),
          reset(node, shape));
    }
    double[] tau = values.channels(node, "tau", shape);
    double[] a = tau.clone();
    for (int i = 0; i < a.length; i++) {
      if (!(tau[i] > 0)) {
        throw values.wrong(node, "has a time constant of %s".formatted(tau[i]));
      }
      a[i] = 1 / Cell.plain(tau[i] / dt);
      if (!(a[i] <= 1)) {
        throw values.wrong(
            node,
            "has a time constant of %s, below the time step of %s (--dt says another)"
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
        values.channels(node, "v_leak", shape),
        fires
            ? values.channels(node, "v_threshold", shape)
            : new double[] {Double.POSITIVE_INFINITY},
        fires ? reset(node, shape) : new double[] {0});
  }

  private double[] reset(NirNode node, List<Integer> shape) {
    return node.tensors().containsKey("v_reset")
        ? values.channels(node, "v_reset", shape)
        : new double[] {0};
  }
}
