package org.klif.verify;

import java.util.LinkedHashMap;
import java.util.Map;
import org.klif.neuron.Surrogate;

/**
 * Two neurons that come with Klif as files, in float64 and by hand: CLIF (arXiv 2402.04663), whose
 * reset grows with a complementary potential M, and an LIF that learns its threshold tanh(w)
 * (LTMD). The equations are those of format klif-golden-2; results have its files' names.
 *
 * @param complementary CLIF, else the learnable threshold
 * @param rate 1/tau
 * @param threshold of CLIF, or tanh(w)
 * @param soft the learnable threshold's reset is soft, as CLIF's always is
 * @param reset potential behind a hard one
 */
record ReferenceFileNeuron(
    boolean complementary,
    double rate,
    boolean decayInput,
    double threshold,
    boolean soft,
    double reset,
    boolean detachReset,
    Surrogate surrogate) {

  /** What a case says. */
  static ReferenceFileNeuron of(GoldenJson json) {
    boolean complementary = json.text("model").equals("clif");
    boolean soft = json.isNull("v_reset");
    return new ReferenceFileNeuron(
        complementary,
        1 / json.number("tau", 2),
        json.flag("decay_input", false),
        complementary ? json.number("v_threshold", 1) : Math.tanh(json.number("w")),
        soft,
        soft ? 0 : json.number("v_reset"),
        json.flag("detach_reset", false),
        GoldenNeuron.surrogate(json));
  }

  private static double sigmoid(double z) {
    return 1 / (1 + Math.exp(-z));
  }

  /**
   * All results of sum(weight_S S) + sum(weight_V V_T) + sum(weight_M M_T).
   *
   * @param x (T, size)
   * @param initial V and, of CLIF, M behind it
   * @param weightS (T, size)
   * @param weightLast as initial
   */
  Map<String, double[]> run(
      double[] x, double[] initial, double[] weightS, double[] weightLast, int size) {
    double[] s = new double[x.length];
    double[] h = new double[x.length];
    double[] v = new double[x.length];
    double[] m = new double[x.length];
    double[] gx = new double[x.length];
    int states = complementary ? 2 : 1;
    double[][] last = new double[2][size];
    double[][] gInitial = new double[2][size];
    double gThreshold = 0;
    double loss = 0;
    for (int at = 0; at < size; at++) {
      double potential = initial[at];
      double second = complementary ? initial[size + at] : 0;
      for (int i = at; i < x.length; i += size) {
        h[i] =
            decayInput
                ? potential + (x[i] - (potential - reset)) * rate
                : potential - (potential - reset) * rate + x[i];
        s[i] = h[i] >= threshold ? 1 : 0;
        if (complementary) {
          second = second * sigmoid(h[i] * rate) + s[i];
          v[i] = h[i] - s[i] * (threshold + sigmoid(second));
        } else {
          v[i] = soft ? h[i] - threshold * s[i] : (1 - s[i]) * h[i] + s[i] * reset;
        }
        m[i] = second;
        potential = v[i];
        loss += weightS[i] * s[i];
      }
      last[0][at] = potential;
      last[1][at] = second;
      loss += weightLast[at] * potential + (complementary ? weightLast[size + at] * second : 0);
      double g = weightLast[at];
      double gSecond = complementary ? weightLast[size + at] : 0;
      double attached = detachReset ? 0 : 1;
      for (int i = x.length - size + at; i >= 0; i -= size) {
        double derivative = ReferenceNeuron.derivative(surrogate, h[i] - threshold);
        double gH;
        if (complementary) {
          double z = sigmoid(m[i]);
          double e = sigmoid(h[i] * rate);
          double before = i < size ? initial[size + at] : m[i - size];
          double gM = gSecond - g * s[i] * z * (1 - z);
          double gS = weightS[i] + gM - attached * g * (threshold + z);
          gH = g + gM * before * e * (1 - e) * rate + gS * derivative;
          gSecond = gM * e;
        } else {
          double gS = weightS[i] + attached * g * (soft ? -threshold : reset - h[i]);
          gH = gS * derivative + (soft ? g : g * (1 - s[i]));
          gThreshold += -gS * derivative - (soft ? g * s[i] : 0);
        }
        gx[i] = decayInput ? gH * rate : gH;
        g = gH * (1 - rate);
      }
      gInitial[0][at] = g;
      gInitial[1][at] = gSecond;
    }
    Map<String, double[]> all = new LinkedHashMap<>();
    all.put("S", s);
    all.put("H", h);
    all.put("V", v);
    all.put("grad_x", gx);
    all.put("loss", new double[] {loss});
    all.put("V_T", last[0]);
    all.put("grad_v0", gInitial[0]);
    if (states > 1) {
      all.put("M", m);
      all.put("M_T", last[1]);
      all.put("grad_m0", gInitial[1]);
    } else {
      all.put("grad_w", new double[] {gThreshold * (1 - threshold * threshold)});
    }
    return all;
  }
}
