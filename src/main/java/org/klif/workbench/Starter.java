package org.klif.workbench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.io.AtomicFile;

/**
 * The two files a new neuron starts from: NAME.cuh, a leaky integrate-and-fire neuron that works as
 * it is, and NAME.check.yaml, what {@code klif kernel check} expects of it.
 */
public final class Starter {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");

  private static final String NEURON =
      """
      // %1$s: say here what is new about it, with the equation and where it is from.
      //
      //   v[t] = v[t-1] + (x[t] - v[t-1]) / tau
      //   s[t] = 1 where v[t] >= threshold, else 0            v[t] = 0 after a spike
      //
      // It works as it is:
      //   klif kernel check %1$s.cuh                          gradients, edges, and %1$s.check.yaml
      //   klif kernel trace %1$s.cuh --input const:1.5 --out %1$s.svg
      //   klif train digits --neuron ./%1$s.cuh
      //
      // Declarations, one a line, the first number being the value that step sees:
      //   Constant<Real> a = {1.0, atLeast(0.0), atMost(2.0)};   not trained; --set neuron.values.a=0.5
      //   Option<Real> b = {true};                               a constant for `if (b)`
      //   Learned<Real> c = {0.9, sigmoid, perChannel};          trained; sigmoid keeps it in 0 to 1, softplus above 0,
      //                                                          atLeast and atMost hold it; one a layer, or one a channel
      //   State<Real> v = 0.0;                                   carried from step to step; the first one is the potential
      //
      // In step: + - * / and comparisons, if, exp log sqrt tanh sigmoid softplus relu abs min max clamp fma pow,
      // where(condition, a, b), detach(x), which is x without its gradient, and spike(u), which is 1 where u >= 0, else 0; its
      // gradient is the surrogate's. The backward pass is derived. docs/EXTENDING.md says more.
      template <class Real>
      struct %2$s {
        Constant<Real> threshold = 1.0;
        Learned<Real> tau = {2.0, atLeast(1.0)};
        State<Real> v = 0.0;

        __device__ Real step(Real x, Spike<Real> spike) {
          v += (x - v) / tau;
          Real s = spike(v - threshold);
          v = v * (1 - detach(s));
          return s;
        }
      };
      """;

  private static final String EXPECTED =
      """
      # What klif kernel check expects of %1$s.cuh, besides right gradients: what one neuron does under a current.
      # Work a case out by hand from your equation before you trust it here; steps are counted from 1.
      #
      #   input    const:1.5, step:1.5@10 (from step 10 on), pulse:2@5-8 (steps 5 to 8), or a list of numbers
      #   steps    how many; not with a list
      #   set      values of constants and learned parameters instead of the file's
      #   spikes   the steps at which it fires
      #   states   values after each step, by name; null where it does not matter
      #   within   how far a state may be off (1e-5)
      cases:
        # 0.75, then 0.75 + 0.75 / 2 = 1.125 fires, and so on
        - input: const:1.5
          steps: 8
          spikes: [2, 4, 6, 8]
        # a current below the threshold never fires: v goes to 0.9
        - input: const:0.9
          steps: 50
          spikes: []
        - input: [1.0, 0.5, 4.0]
          set: {tau: 4.0}
          spikes: [3]
          states:
            v: [0.25, 0.3125, 0.0]
          within: 1e-6
      """;

  private Starter() {}

  /**
   * Writes both files.
   *
   * @param overwrite whether files that are there may be replaced
   * @return the files
   * @throws UsageException when the name cannot be one
   * @throws KlifException when a file is there already
   */
  public static List<Path> write(Path folder, String name, boolean overwrite) {
    if (!NAME.matcher(name).matches()) {
      throw new UsageException(
          "'%s' cannot be a neuron's name; it is of small letters, digits and _, and begins with a letter"
              .formatted(name));
    }
    Path neuron = folder.resolve(name + ".cuh");
    Path expected = folder.resolve(name + ".check.yaml");
    for (Path file : List.of(neuron, expected)) {
      if (Files.exists(file) && !overwrite) {
        throw new KlifException(
            "%s is there already; choose another name, or --force to replace it".formatted(file));
      }
    }
    write(neuron, NEURON.formatted(name, struct(name)));
    write(expected, EXPECTED.formatted(name));
    return List.of(neuron, expected);
  }

  private static void write(Path file, String text) {
    AtomicFile.write(file, text);
  }

  /** my_neuron becomes MyNeuron. */
  private static String struct(String name) {
    StringBuilder struct = new StringBuilder();
    for (String word : name.split("_", -1)) {
      if (!word.isEmpty()) {
        struct.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
      }
    }
    return struct.toString();
  }
}
