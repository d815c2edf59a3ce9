package org.klif.interchange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;

/**
 * Which of Klif's neurons the layers of a graph are. A configuration has one threshold, reset
 * potential and tau for all layers; what differs from layer to layer are the model, w of PLIF and k
 * of KLIF. So there are three ways, the first that fits is taken:
 *
 * <ol>
 *   <li>LIF, PLIF and IF with the graph's own numbers;
 *   <li>KLIF without its ReLU, which is an LIF with another time constant and gain in each layer
 *       (or channel), where all come from one tau;
 *   <li>PLIF and IF on potentials that are shifted and scaled to a threshold of 1 and a reset of 0;
 *       gain and leak go into the weights ahead.
 * </ol>
 *
 * @param settings of the configuration, by key
 * @param layers of neurons, in order
 */
record NeuronChoice(Map<String, String> settings, List<Layer> layers) {

  /**
   * One layer of neurons.
   *
   * @param token klif, lif, plif or if
   * @param parameter k or w, or null
   * @param scale what its input is multiplied by first, one value or one a channel; 1 for nothing
   * @param shift what is added then
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Layer(String token, double @Nullable [] parameter, double[] scale, double[] shift) {
    static Layer plain(String token, double @Nullable [] parameter) {
      return new Layer(token, parameter, new double[] {1}, new double[] {0});
    }
  }

  /** Largest |w|: sigmoid(w) is 1 in float32 from 17 on. */
  private static final double LARGEST_W = 40;

  /**
   * Chooses.
   *
   * @param cells of all layers that fire, in order
   * @throws org.klif.KlifException naming a layer that Klif cannot express
   */
  static NeuronChoice of(List<Cell> cells) {
    NeuronChoice choice = cells.isEmpty() ? new NeuronChoice(Map.of(), List.of()) : plain(cells);
    if (choice == null) {
      choice = klif(cells);
    }
    return choice == null ? normalized(cells) : choice;
  }

  private static @Nullable NeuronChoice plain(List<Cell> cells) {
    Cell first = cells.get(0);
    boolean decay = true;
    boolean plain = true;
    for (Cell cell : cells) {
      double a = cell.a()[0];
      double gain = cell.gain()[0];
      if (cell.channels() > 1
          || !Cell.near(cell.threshold()[0], first.threshold()[0])
          || !Cell.near(cell.reset()[0], first.reset()[0])
          || (a > 0 && !Cell.near(cell.leak()[0], cell.reset()[0]))) {
        return null;
      }
      decay &= a == 0 || Cell.near(gain, a);
      plain &= Cell.near(gain, 1);
    }
    if (!decay && !plain) {
      return null;
    }
    // an integrator has no decay of its input
    if (cells.stream().anyMatch(c -> c.isIntegrator() && !Cell.near(c.gain()[0], 1))) {
      return null;
    }
    List<Cell> leaky = cells.stream().filter(cell -> !cell.isIntegrator()).toList();
    boolean one = leaky.stream().allMatch(cell -> Cell.near(cell.a()[0], leaky.get(0).a()[0]));
    List<Layer> layers = new ArrayList<>();
    for (Cell cell : cells) {
      layers.add(
          cell.isIntegrator()
              ? Layer.plain("if", null)
              : one ? Layer.plain("lif", null) : Layer.plain("plif", w(cell.a()[0])));
    }
    Map<String, String> settings = settings(leaky.isEmpty() ? "if" : one ? "lif" : "plif");
    settings.put("neuron.threshold", number(first.threshold()[0]));
    settings.put("neuron.vReset", number(first.reset()[0]));
    settings.put("neuron.decayInput", Boolean.toString(decay));
    if (one && !leaky.isEmpty()) {
      settings.put("neuron.tau", number(Cell.plain(1 / leaky.get(0).a()[0])));
    }
    return new NeuronChoice(settings, layers);
  }

  /**
   * v' = (1 - a) v + g I is k (v + charge) with k = 1 - a + g, tau = k / g where the input decays.
   */
  private static @Nullable NeuronChoice klif(List<Cell> cells) {
    NeuronChoice decaying = klif(cells, true);
    return decaying == null ? klif(cells, false) : decaying;
  }

  private static @Nullable NeuronChoice klif(List<Cell> cells, boolean decay) {
    Cell first = cells.get(0);
    double threshold = first.threshold()[0];
    double reset = first.reset()[0];
    double tau = Double.NaN;
    boolean perChannel = false;
    List<Layer> layers = new ArrayList<>();
    for (Cell cell : cells) {
      if (cell.threshold().length > 1
          || cell.reset().length > 1
          || !Cell.near(cell.threshold()[0], threshold)
          || !Cell.near(cell.reset()[0], reset)) {
        return null;
      }
      double[] k = new double[cell.channels()];
      for (int c = 0; c < k.length; c++) {
        double kept = 1 - Cell.at(cell.a(), c);
        double gain = Cell.at(cell.gain(), c);
        k[c] = decay ? kept + gain : gain;
        double own = decay ? k[c] / gain : 1 / (1 - kept / gain);
        double leak = k[c] / own * reset;
        if (!(gain > 0)
            || !(own >= 1)
            || Double.isInfinite(own)
            || !Cell.near(Cell.at(cell.a(), c) * Cell.at(cell.leak(), c), leak)) {
          return null;
        }
        tau = Double.isNaN(tau) ? own : tau;
        if (!Cell.near(tau, own)) {
          return null;
        }
      }
      perChannel |= k.length > 1;
      layers.add(Layer.plain("klif", k));
    }
    Map<String, String> settings = settings("klif");
    settings.put("neuron.relu", "false");
    settings.put("neuron.scaleReset", "false");
    settings.put("neuron.perChannel", Boolean.toString(perChannel));
    settings.put("neuron.threshold", number(threshold));
    settings.put("neuron.vReset", number(reset));
    settings.put("neuron.decayInput", Boolean.toString(decay));
    settings.put("neuron.tau", number(rounded(tau)));
    return new NeuronChoice(settings, layers);
  }

  /** u = (v - reset) / (threshold - reset). */
  private static NeuronChoice normalized(List<Cell> cells) {
    List<Layer> layers = new ArrayList<>();
    for (Cell cell : cells) {
      if (cell.a().length > 1) {
        throw new KlifException(
            cell.node()
                + " has time constants that differ between its channels; Klif's layers have one");
      }
      double a = cell.a()[0];
      int channels = cell.channels();
      double[] scale = new double[channels];
      double[] shift = new double[channels];
      for (int c = 0; c < channels; c++) {
        double height = Cell.at(cell.threshold(), c) - Cell.at(cell.reset(), c);
        if (!(height > 0)) {
          throw new KlifException(
              "%s has a threshold of %s, which is not above its reset potential of %s"
                  .formatted(cell.node(), Cell.at(cell.threshold(), c), Cell.at(cell.reset(), c)));
        }
        double gain = Cell.at(cell.gain(), c);
        scale[c] = (a == 0 ? gain : gain / a) / height;
        shift[c] = a == 0 ? 0 : (Cell.at(cell.leak(), c) - Cell.at(cell.reset(), c)) / height;
      }
      layers.add(
          new Layer(
              a == 0 ? "if" : "plif",
              a == 0 ? null : w(a),
              Cell.shortest(scale),
              Cell.shortest(shift)));
    }
    boolean all = layers.stream().allMatch(layer -> layer.token().equals("if"));
    Map<String, String> settings = settings(all ? "if" : "plif");
    settings.put("neuron.threshold", "1.0");
    settings.put("neuron.vReset", "0.0");
    settings.put("neuron.decayInput", "true");
    return new NeuronChoice(settings, layers);
  }

  private static Map<String, String> settings(String model) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("neuron.model", model);
    settings.put("neuron.softReset", "false");
    return settings;
  }

  /**
   * w with sigmoid(w) = rate, of the neighbours in float32 the one with the nearest float32 rate.
   */
  private static double[] w(double rate) {
    double exact = -Math.log(1 / rate - 1);
    float start = (float) Math.max(-LARGEST_W, Math.min(LARGEST_W, exact));
    float best = start;
    ToDoubleFunction<Float> error = w -> Math.abs((float) (1 / (1 + Math.exp(-(double) w))) - rate);
    for (int step = -8; step <= 8; step++) {
      float candidate = start + step * Math.ulp(start);
      if (error.applyAsDouble(candidate) < error.applyAsDouble(best)) {
        best = candidate;
      }
    }
    return new double[] {best};
  }

  /** Without the last digits, which the way back has made. */
  private static double rounded(double value) {
    return Math.rint(value * 1e9) / 1e9;
  }

  private static String number(double value) {
    return Double.toString(value);
  }
}
