package org.klif.device.cpu;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.klif.device.OptimizerStep;
import org.klif.device.Precision;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronConstants;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.Surrogate;

/**
 * Which {@link Kernels} a device takes: the first that are offered and that pass a trial, else
 * plain loops. The trial runs every loop once, on numbers of its own, against the plain ones: what
 * this version of Java lacks is found when the device is opened, never within a training.
 *
 * @param kernels the choice
 * @param notice empty, or a sentence on why it is the slow one and what helps
 */
record KernelChoice(Kernels kernels, String notice) {
  /**
   * What plain loops cost: of {@code klif bench train --preset mnist-small}, with the module and
   * without.
   */
  private static final String COST =
      "neurons run in plain Java loops, which makes a training step three to four times as slow: %s";

  /** Of the implementations on the class path. */
  static KernelChoice standard(Precision precision) {
    return of(ServiceLoader.load(KernelsProvider.class), precision);
  }

  /** Of those given; the reason of the last one that was not taken is kept. */
  static KernelChoice of(Iterable<KernelsProvider> providers, Precision precision) {
    String reason = "no other loops were found on the class path";
    Iterator<KernelsProvider> all = providers.iterator();
    while (true) {
      try {
        if (!all.hasNext()) {
          return new KernelChoice(new ScalarKernels(), COST.formatted(reason));
        }
        KernelsProvider provider = all.next();
        reason = provider.unavailableReason();
        if (reason.isEmpty()) {
          Kernels kernels = provider.kernels();
          reason = Trial.differenceOf(kernels, precision == Precision.BF16);
          if (reason.isEmpty()) {
            return new KernelChoice(kernels, "");
          }
        }
      } catch (LinkageError | ServiceConfigurationError e) {
        reason =
            "the vectorised loops do not fit Java %s (%s); take another version of Java, or report this"
                .formatted(Runtime.version().feature(), e);
      }
    }
  }

  /** One run through all loops. */
  private static final class Trial {
    /** Whole vectors of any size, and a rest. */
    private static final int N = 83;

    private static final int BUFFERS = 6;
    private final Elements[] b = new Elements[BUFFERS];
    private final Elements[] half = new Elements[BUFFERS];
    private final Tiles tiles = new Tiles(N);
    private final Tiles unscaled = new Tiles(N);
    private final Scratch.Worker w = Scratch.worker(N, 2 * N);
    private float sum;

    /**
     * Empty, or what is wrong with them.
     *
     * @param halves bfloat16 is tried, too. It is not where it is not needed: what Java has never
     *     seen a loop do it does not compile.
     */
    static String differenceOf(Kernels kernels, boolean halves) {
      String name = kernels.description();
      Trial plain = new Trial(new ScalarKernels(), halves);
      Trial other = new Trial(kernels, halves);
      return plain.same(other)
          ? ""
          : "%s gives other numbers than they do; report this".formatted(name);
    }

    private boolean same(Trial other) {
      return sum == other.sum
          && Arrays.equals(buffers(), other.buffers())
          && Arrays.equals(w.v, other.w.v)
          && Arrays.equals(w.d, other.w.d)
          && Arrays.equals(w.g, other.w.g)
          && Arrays.equals(w.gk, other.w.gk)
          && Arrays.equals(w.gs, other.w.gs)
          && Arrays.equals(w.gx, other.w.gx)
          && Arrays.equals(w.sumG, other.w.sumG)
          && Arrays.equals(w.sumGx, other.w.sumGx)
          && Arrays.equals(w.sumAbs, other.w.sumAbs);
    }

    private ByteBuffer[] buffers() {
      return Stream.of(b, half)
          .flatMap(Arrays::stream)
          .map(numbers -> numbers.bytes().buffer())
          .toArray(ByteBuffer[]::new);
    }

    private Trial(Kernels k, boolean halves) {
      for (int row = 0; row < BUFFERS; row++) {
        // as device memory is: native, in the machine's byte order
        b[row] = Elements.allocate(2 * N, false);
        half[row] = Elements.allocate(2 * N, true);
        for (int i = 0; i < 2 * N; i++) {
          b[row].set(i, (i * 37 + row * 101) % 64 / 32f - 0.5f);
        }
      }
      for (int i = 0; i < N; i++) {
        tiles.k[i] = 1 + i % 16 / 16f; // of the 16 channels of a window
        tiles.q[i] = 1 / tiles.k[i];
        unscaled.k[i] = tiles.k[i];
      }
      Neuron.Klif klif = (Neuron.Klif) NeuronOptions.of("klif").neuron();
      NeuronConstants c = NeuronConstants.of(klif, 0.5f);
      NeuronConstants scaled =
          NeuronConstants.of(
              new Neuron.Klif(klif.common(), klif.tau(), klif.decayInput(), true, 1, false), 0.5f);
      through(k, b, c, scaled);
      if (halves) {
        for (int row = 0; row < BUFFERS; row++) {
          k.convert(b[row], 0, half[row], 0, 2 * N);
        }
        through(k, half, c, scaled);
        k.convert(half[5], 0, b[5], 0, N);
      }
      k.average(b[0], 0.25f, b[4], N, N);
      sum += k.squares(b[0], 0, N);
      for (OptimizerStep.Rule rule : OptimizerStep.Rule.values()) {
        for (boolean first : new boolean[] {true, false}) {
          for (boolean nesterov : new boolean[] {false, true}) {
            Kernels.Update update =
                new Kernels.Update(
                    rule, 0.1f, 0.9f, nesterov, 0.99f, 1e-8f, 0.01f, 5, 50, 0.5f, first);
            k.update(update, b[0], b[1], b[2], b[3], 0, N);
          }
        }
      }
    }

    private void through(Kernels k, Elements[] numbers, NeuronConstants c, NeuronConstants scaled) {
      for (Surrogate.Kind kind : Surrogate.Kind.values()) {
        neurons(k, numbers, kind, scaled);
        replayed(k, numbers, c);
      }
      elementwise(k, numbers);
      pooling(k, numbers, c, true);
      pooling(k, numbers, c, false);
    }

    private void neurons(Kernels k, Elements[] b, Surrogate.Kind kind, NeuronConstants c) {
      k.forward(c, tiles, b[0], 0, w, 0, b[1], 0, N);
      k.decayTerm(c, tiles, 0, b[0], 0, w, 0, 0, N);
      k.recompute(c, tiles, b[0], 0, w, 0, 0, N);
      addSpikes();
      k.surrogate(kind, 2, c, tiles, 0, w, 0, N);
      k.backward(c, tiles, 0, w, 0, 0, 0, N);
    }

    /** Without scaleReset. */
    private void replayed(Kernels k, Elements[] b, NeuronConstants c) {
      k.recompute(c, unscaled, b[0], 0, w, 0, 0, N);
      addSpikes();
      k.replay(c, unscaled, b[0], 0, w, 0, N, N);
      k.load(b[2], 0, w.gs, 0, N);
      k.load(b[2], 0, w.gs, N, N);
      Steps x = Steps.ofTwo(b[0]);
      Steps gx = Steps.ofTwo(b[3]);
      k.backSteps(c, unscaled, 0, 2, w, 0, N, 0, 2, x, gx, 0, N);
      k.backSteps(c, unscaled, 0, 2, w, 0, N, 0, 2, null, gx, 0, N);
      k.backSteps(c, unscaled, 0, 2, w, 0, N, 0, 2, null, null, 0, N);
      k.emit(2, w.g, 0, tiles, 0, b[0], 0, b[3], 0, w, N);
      k.emit(2, w.g, 0, tiles, 0, null, 0, b[4], 0, w, N);
    }

    /** Later loops may leave other spikes in scratch memory, so these count now. */
    private void addSpikes() {
      ScalarKernels.count(w, 0, N);
      sum += (float) w.takeFired();
    }

    private void elementwise(Kernels k, Elements[] b) {
      k.store(w.g, 0, b[4], 0, N);
      k.multiplyAdd(w.v, 0, w.g, 0, w.gk, 0, N);
      k.scaleAdd(0.5f, w.g, w.gk, 0, N);
      k.moments(b[0], 0, w.v, w.sumG, w.sumGx, 0, N);
      k.affine(b[0], 0, w.v, w.g, b[1], 0, N);
      k.affine2(b[0], b[1], 0, w.v, w.g, w.gk, b[2], N);
      // to where no other loop writes
      k.add(b[0], 0, b[1], 0, b[5], 0, N);
      k.multiply(b[0], 0, b[1], 0, b[5], N, N);
    }

    /** Two steps of a window of 16 channels. */
    private void throughTime(Kernels k, Elements[] b, NeuronConstants c, Kernels.PooledRows rows) {
      Steps x = Steps.ofTwo(b[0]);
      k.forwardPooled(c, unscaled, rows, 2, x, 0, 35, w, Steps.ofTwo(b[4]), 3);
      sum += (float) w.takeFired();
      int part = k.outputsAtOnce(rows, 2);
      if (part > 0) {
        int count = Math.min(part, rows.outputs());
        k.replayPooled(c, unscaled, rows, 0, count, 2, x, 0, 35, w, Steps.ofTwo(b[2]), 3, N);
      }
    }

    /** One window of 16 channels where they are fused, of 17 where not: 1x2, 2x2 and 3x3. */
    private void pooling(Kernels k, Elements[] b, NeuronConstants c, boolean max) {
      Kernels.PooledRows rows = new Kernels.PooledRows(max, 32, 16, 1);
      k.pool(c, tiles, rows, w, 0, b[4], 0);
      sum += (float) w.takeFired();
      k.unpool(c, tiles, rows, w, 0, b[2], 0, 0);
      throughTime(k, b, c, rows);
      for (int height = 1; height <= 3 && !b[0].half(); height++) {
        int width = Math.max(2, height);
        int row = 17 * width;
        for (boolean adds : new boolean[] {false, true}) {
          Kernels.Windows one =
              new Kernels.Windows(max, adds, height, width, width, 0.25f, row, 17, 1, 0, 0);
          k.windows(one, b[0], b[1]);
          k.windowGradients(one, b[0], b[2], b[3], w);
        }
      }
    }
  }
}
