package org.klif.workbench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.neuron.NeuronModel;

/**
 * A device's passes over the cases, beside the reference. Cells that a kink disturbs, or whose hard
 * spike is a matter of rounding, are taken out of the loss.
 */
public final class GradientCases {
  /**
   * Of a gradient: a wrong or missing term shows as 1e-2 and more. What float32 makes of a right
   * one over 64 steps is below 1e-5; the differences are of double precision.
   */
  static final double GRADIENT = 1e-4;

  /** Of states and smooth spikes, for the same reason. */
  static final double FORWARD = 1e-5;

  /** u nearer to 0 than this may be another hard spike in float32. */
  private static final double BORDER = 1e-4;

  private final Device device;
  private final Reference reference;
  private final Consumer<CheckRow> rows;
  private double withheld;

  GradientCases(Device device, Reference reference, Consumer<CheckRow> rows) {
    this.device = device;
    this.reference = reference;
    this.rows = rows;
  }

  /** One gradient or output of a case. */
  private record Finding(String quantity, double error, double tolerance) {
    double share() {
      return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error / tolerance;
    }
  }

  /** Share of the gradient that detach() takes away, of the cases so far. */
  double withheld() {
    return withheld;
  }

  /** Runs a case; a row says which quantity was worst. */
  void check(CheckCase one) {
    CheckInputs inputs = new CheckInputs(one, device);
    Reference.Answer answer = reference.of(one, inputs, Reference.Detached.CONSTANT);
    String failure = failure(one, inputs);
    if (failure != null) {
      rows.accept(CheckRow.wrong("gradients", one.name(), failure));
      return;
    }
    boolean[] kept = kept(one, answer);
    int left = 0;
    for (int i = 0; i < kept.length; i++) {
      if (kept[i]) {
        left++;
      } else {
        inputs.leaveOut(i);
      }
    }
    if (left == 0 && one.cells() == 1) {
      // the only neuron is at a kink: other cases have more
      rows.accept(CheckRow.right("gradients", one.name(), "left out: at a kink"));
      return;
    }
    if (2 * left < one.cells()) {
      rows.accept(
          CheckRow.wrong(
              "gradients",
              one.name(),
              "only %d of %d neurons are away from kinks and branches, too few to compare"
                  .formatted(left, one.cells())));
      return;
    }
    List<Finding> findings = compare(one, inputs, answer, kept);
    measureDetached(one, inputs, answer, kept);
    Finding worst = findings.stream().max(Comparator.comparingDouble(Finding::share)).orElseThrow();
    rows.accept(
        CheckRow.measured("gradients", one.name(), worst.quantity, worst.error, worst.tolerance));
  }

  /**
   * Which cells count. The gradient of a learned parameter is a sum over cells, and so is that of a
   * constant input over time: a cell where one of the terms is not known is left out of the loss.
   * The gradient of a state alone may be unknown: a counter always lies at its branch.
   */
  private static boolean[] kept(CheckCase one, Reference.Answer answer) {
    boolean[] kept = new boolean[one.cells()];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = one.smooth() || answer.nearest[i] > BORDER;
    }
    for (double[] terms : new double[][] {answer.gx, answer.gRaw}) {
      for (int i = 0; i < terms.length; i++) {
        kept[i % kept.length] &= !Double.isNaN(terms[i]);
      }
    }
    return kept;
  }

  /** A step that leaves the finite numbers, if there is one. */
  private @Nullable String failure(CheckCase one, CheckInputs inputs) {
    int cells = one.cells();
    float[][] currents = new float[one.shape().steps()][cells];
    double[] all = inputs.currents();
    for (int i = 0; i < all.length; i++) {
      currents[i / cells][i % cells] = (float) all[i];
    }
    return new StepFailure(one.neuron())
        .find(device, one.shape(), inputs.raw, inputs.initial, currents);
  }

  private void measureDetached(
      CheckCase one, CheckInputs inputs, Reference.Answer answer, boolean[] kept) {
    if (one.neuron().model().source().text().contains("detach")) {
      Reference.Answer all = reference.of(one, inputs, Reference.Detached.DIFFERENTIATED);
      Norms norms = new Norms();
      for (int i = 0; i < answer.gx.length; i++) {
        if (kept[i % one.cells()]) {
          norms.add(all.gx[i], answer.gx[i]);
        }
      }
      withheld = Math.max(withheld, norms.relative());
    }
  }

  /** All outputs of both passes. */
  private List<Finding> compare(
      CheckCase one, CheckInputs inputs, Reference.Answer answer, boolean[] kept) {
    List<Finding> findings = new ArrayList<>();
    NeuronModel model = one.neuron().model();
    int cells = one.cells();
    int steps = one.shape().steps();
    try (BufferScope scope = new BufferScope(device)) {
      NeuronUnit unit = scope.own(device.neuronUnit(one.spec()));
      NeuronUnit.Backward io = buffers(scope, one, inputs);
      unit.forward(io.forward());
      float[] spikes = io.forward().spikes().toArray();
      findings.add(new Finding("spikes", error(answer.spikes, spikes, kept, cells), FORWARD));
      float[] last = array(io.forward().last());
      for (int s = 0; s < model.states().size(); s++) {
        Norms norms = new Norms();
        int plane = s * cells;
        int end = (steps - 1) * model.states().size() * cells + plane;
        for (int i = 0; i < cells; i++) {
          if (kept[i]) {
            norms.add(answer.states[end + i], last[plane + i]);
          }
        }
        findings.add(new Finding(model.states().get(s).name(), norms.relative(), FORWARD));
      }
      unit.backward(io);
      float[] gx = io.gx().toArray();
      double[] expected = one.shape().constant() ? overTime(answer.gx, cells) : answer.gx;
      findings.add(gradient("x", error(expected, gx, kept, cells)));
      float[] gInitial = array(io.gInitial());
      for (int s = 0; s < model.states().size(); s++) {
        Norms norms = new Norms();
        for (int i = 0; i < cells; i++) {
          if (kept[i] && !Double.isNaN(answer.gInitial[s * cells + i])) {
            norms.add(answer.gInitial[s * cells + i], gInitial[s * cells + i]);
          }
        }
        findings.add(gradient(model.states().get(s).name() + " before", norms.relative()));
      }
      if (io.gParameter() != null) {
        float[] gRaw = io.gParameter().toArray();
        for (int l = 0; l < model.learned().size(); l++) {
          Sums sums = new Sums(gRaw.length);
          for (int i = 0; i < cells; i++) {
            if (kept[i]) {
              sums.add(inputs.index(l, i), answer.gRaw[l * cells + i]);
            }
          }
          findings.add(gradient(model.learned().get(l).name(), sums.relative(gRaw)));
        }
      }
      if (io.normSums() != null) {
        findings.add(normSums(one, inputs, expected, kept, io.normSums().toArray()));
      }
    }
    return findings;
  }

  private static Finding gradient(String of, double error) {
    return new Finding("gradient of " + of, error, GRADIENT);
  }

  private static Finding normSums(
      CheckCase one, CheckInputs inputs, double[] gx, boolean[] kept, float[] actual) {
    int channels = one.shape().channels();
    Sums sums = new Sums(2 * channels);
    for (int i = 0; i < gx.length; i++) {
      if (kept[i % one.cells()]) {
        sums.add(i % channels, gx[i]);
        sums.add(channels + i % channels, gx[i] * inputs.centred(i));
      }
    }
    return gradient("batch norm's sums", sums.relative(actual));
  }

  private static float[] array(@Nullable Buffer buffer) {
    if (buffer == null) {
      throw new IllegalStateException("a buffer of the case is missing");
    }
    return buffer.toArray();
  }

  private static double[] overTime(double[] gx, int cells) {
    double[] sums = new double[cells];
    for (int i = 0; i < gx.length; i++) {
      sums[i % cells] += gx[i];
    }
    return sums;
  }

  private static double error(double[] expected, float[] actual, boolean[] kept, int cells) {
    Norms norms = new Norms();
    for (int i = 0; i < expected.length; i++) {
      if (kept[i % cells]) {
        norms.add(expected[i], actual[i]);
      }
    }
    return norms.relative();
  }

  /** The buffers of a case, filled. */
  static NeuronUnit.Backward buffers(BufferScope scope, CheckCase one, CheckInputs inputs) {
    int channels = one.shape().channels();
    long sequence = (long) one.shape().steps() * one.cells();
    long states = inputs.initial.length;
    Buffer parameter = inputs.raw.length == 0 ? null : scope.of(inputs.raw);
    Buffer initial = scope.of(inputs.initial);
    NeuronUnit.Forward forward =
        NeuronUnit.Forward.of(scope.of(inputs.x), parameter, scope.zeros(sequence), null)
            .streaming(initial, scope.zeros(states));
    BatchNorm.State norm = null;
    Buffer normSums = null;
    if (one.normalized()) {
      Buffer scale = scope.of(inputs.scale);
      Buffer shift = scope.of(inputs.shift);
      forward = forward.normalized(scale, shift);
      norm =
          new BatchNorm.State(
              scope.zeros(channels),
              scope.zeros(channels),
              scope.zeros(channels),
              scope.zeros(channels),
              scope.of(inputs.mean),
              scope.of(inputs.invStd),
              scale,
              shift);
      normSums = scope.zeros(2L * channels);
    }
    return new NeuronUnit.Backward(
        forward,
        scope.of(inputs.gSpikes),
        scope.of(inputs.gLast),
        scope.zeros(inputs.x.length),
        scope.zeros(states),
        parameter == null ? null : scope.zeros(inputs.raw.length),
        norm,
        normSums);
  }

  /**
   * A size below this counts as this: a gradient that is 0 in exact arithmetic is rounding in the
   * differences. The loss's weights are around 1.
   */
  private static final double SMALLEST = 1e-6;

  /** Error by size, both root mean squares of so many terms. */
  private static double relative(double difference, double size, long terms) {
    return terms == 0 ? 0 : Math.sqrt(difference / (size + terms * SMALLEST * SMALLEST));
  }

  /** Norm of a difference beside the norm of what was expected. */
  private static final class Norms {
    private double difference;
    private double size;
    private long terms;

    void add(double expected, double actual) {
      difference += (expected - actual) * (expected - actual);
      size += expected * expected;
      terms++;
    }

    double relative() {
      return GradientCases.relative(difference, size, terms);
    }
  }

  /** Sums may cancel: their error is measured by the norm of what was added. */
  private static final class Sums {
    private final double[] sums;
    private final boolean[] used;
    private double size;
    private long terms;

    Sums(int length) {
      sums = new double[length];
      used = new boolean[length];
    }

    void add(int index, double value) {
      sums[index] += value;
      used[index] = true;
      size += value * value;
      terms++;
    }

    double relative(float[] actual) {
      double difference = 0;
      for (int i = 0; i < sums.length; i++) {
        if (used[i]) {
          difference += (sums[i] - actual[i]) * (sums[i] - actual[i]);
        }
      }
      return GradientCases.relative(difference, size, terms);
    }
  }
}
