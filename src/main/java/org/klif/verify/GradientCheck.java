package org.klif.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.Reset;
import org.klif.neuron.Surrogate;

/**
 * Compares every backward pass with central finite differences of the forward pass, on the device
 * itself. Spikes are smooth (the surrogate's primitive), so that forward and backward pass are of
 * the same function.
 *
 * <p>Activations of 16 bits are too coarse for differences of their own. There another device, with
 * float32 activations, is right: what an operation's backward pass says is compared with
 * differences of its forward passes, and the gradients of neurons and networks, whose spikes are
 * steps, with its gradients. Inputs, and weights that products read, are numbers of 16 bits on
 * both.
 *
 * <p>An error is norm(expected - gradient) / norm(gradient).
 */
public final class GradientCheck {
  /**
   * A wrong or missing term of a backward pass shows as an error of 1e-2 and more. What differences
   * in float32 get wrong of a right one is smaller: rounding of the losses, 1e-7 / step, is below
   * 1e-4 for steps down to 1/256; the stencil's own error, step^4 times a fifth derivative, below
   * 1e-5; a kink that stays unnoticed changes a derivative by less than 1e-3 of its size.
   */
  public static final double TOLERANCE = 1e-3;

  /**
   * A gradient that is itself stored in 16 bits: at most two roundings of 2^-8 (bfloat16) lie
   * between its exact inputs and each of its elements, its own and that of a dropout mask.
   */
  private static final double HALF_TOLERANCE = 0x1p-7;

  private static final double RESET_POTENTIAL = -0.25;

  private final Device device;
  private final Device exact;
  private final Consumer<GradientRow> rows;

  private GradientCheck(Device device, Device exact, Consumer<GradientRow> rows) {
    this.device = device;
    this.exact = exact;
    this.rows = rows;
  }

  /**
   * Checks everything.
   *
   * @param device whose backward passes are checked
   * @param exact a device with float32 activations: the same, or one that is right where the first
   *     has 16 bits
   * @param models neuron models to check, see {@link NeuronOptions#MODELS}
   * @param each told every row as soon as it is there
   * @return number of rows that are not ok
   */
  public static int run(
      Device device, Device exact, List<String> models, Consumer<GradientRow> each) {
    int[] wrong = new int[1];
    Consumer<GradientRow> rows =
        row -> {
          wrong[0] += row.ok() ? 0 : 1;
          each.accept(row);
        };
    GradientCheck check = new GradientCheck(device, exact, rows);
    OperationGradients.check(device, exact, rows);
    for (String model : models) {
      check.neurons(model);
    }
    NetworkGradients networks = new NetworkGradients(device, exact, rows);
    for (String model : models) {
      networks.check(model);
    }
    return wrong[0];
  }

  /** The tolerance of a gradient that one operation writes in a type. */
  static double stored(DType type) {
    return type.isHalf() ? HALF_TOLERANCE : TOLERANCE;
  }

  private void neurons(String model) {
    for (Surrogate.Kind kind : Surrogate.Kind.values()) {
      for (boolean soft : new boolean[] {false, true}) {
        Reset reset = soft ? new Reset.Soft() : new Reset.Hard(RESET_POTENTIAL);
        String layer = "%s %s, %s reset".formatted(model, kind.token(), soft ? "soft" : "hard");
        GradientRow[] worst = new GradientRow[1];
        for (Option option : options(model, reset, Surrogate.of(kind))) {
          neuron(
              option.neuron(),
              layer.hashCode(),
              error -> {
                String quantity = error.quantity() + option.text();
                GradientRow row =
                    new GradientRow(layer, quantity, error.error(), error.tolerance());
                if (worst[0] == null || !(row.used() <= worst[0].used())) {
                  worst[0] = row;
                }
              });
        }
        rows.accept(worst[0]);
      }
    }
  }

  private void neuron(Neuron neuron, long seed, Consumer<NeuronGradients.Finding> each) {
    DType type = device.activationType();
    try (NeuronGradients gradients = new NeuronGradients(device, neuron, seed, type)) {
      if (!type.isHalf()) {
        gradients.check(each);
        return;
      }
      try (NeuronGradients right = new NeuronGradients(exact, neuron, seed, type)) {
        gradients.compare(right, each);
      }
    }
  }

  private record Option(Neuron neuron, String text) {}

  /** All combinations of a model's yes-or-no options. */
  private static List<Option> options(String model, Reset reset, Surrogate surrogate) {
    List<Option> all = new ArrayList<>();
    boolean klif = model.equals("klif");
    int combinations = klif ? 32 : model.equals("if") ? 2 : 4;
    for (int bits = 0; bits < combinations; bits++) {
      boolean detach = (bits & 1) != 0;
      boolean decay = (bits & 2) == 0;
      boolean scale = (bits & 4) != 0;
      boolean perChannel = (bits & 8) != 0;
      boolean relu = (bits & 16) == 0;
      Neuron.Common common = new Neuron.Common(1, reset, detach, surrogate);
      Neuron neuron =
          switch (model) {
            case "klif" -> new Neuron.Klif(common, 2.5, decay, scale, 1, perChannel, relu);
            case "lif" -> new Neuron.Lif(common, 2.5, decay);
            case "plif" -> new Neuron.Plif(common, 0.1, decay);
            default -> new Neuron.If(common);
          };
      String text =
          (detach ? ", detached" : "")
              + (decay ? "" : ", no decayInput")
              + (scale ? ", scaleReset" : "")
              + (perChannel ? ", per channel" : "")
              + (relu ? "" : ", no ReLU");
      all.add(new Option(neuron, text));
    }
    return all;
  }
}
