package org.klif.train;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.klif.nn.Network;
import org.klif.nn.StreamingPlan;

/**
 * Classifies single samples one time step at a time. After the last step the outputs are those of
 * {@link Classifier} to the bit.
 */
public final class StreamClassifier implements AutoCloseable {
  private final SampleInput input;
  private final List<String> classNames;
  private final int steps;
  private final StreamingPlan plan;
  private final double[] sums;
  private int step;

  /** Plans for one sample. */
  public StreamClassifier(RunContext context) {
    this(context.network(), context.sampleInput(), context.entry().classNames());
  }

  /** The same for a network without a run. */
  public StreamClassifier(Network network, SampleInput input, List<String> classNames) {
    this.input = input;
    this.classNames = classNames;
    this.steps = network.options().steps();
    this.plan = network.stream(1, true);
    this.sums = new double[network.outputs()];
  }

  /** Back to ahead of the first step. */
  public void reset() {
    plan.reset();
    Arrays.fill(sums, 0);
    step = 0;
  }

  /**
   * One time step.
   *
   * @param frame (C, H, W); values 0 to 1, not normalised; without an encoder only
   * @return what the mean over the steps so far says
   */
  public Classifier.Prediction step(float[] frame) {
    return step(input.frames(frame, 1), 0);
  }

  private Classifier.Prediction step(float[] frames, int offset) {
    plan.input().upload(frames, offset, 0, Math.toIntExact(plan.input().size()));
    plan.step();
    step++;
    float[] output = plan.output().toArray();
    float[] rates = new float[sums.length];
    for (int c = 0; c < sums.length; c++) {
      // as the losses of every device take the mean over T
      sums[c] += output[c];
      rates[c] = (float) (sums[c] / step);
    }
    return Classifier.Prediction.of(classNames, rates);
  }

  /**
   * Classifies a sample.
   *
   * @param sample (T, C, H, W), or (C, H, W) when static; values 0 to 1, not normalised
   * @param each told after each step its number, from 1, and what the mean over the steps so far
   *     says
   * @return the last of these
   */
  public Classifier.Prediction classify(
      float[] sample, BiConsumer<Integer, Classifier.Prediction> each) {
    float[] frames = input.of(sample);
    int frame = Math.toIntExact(plan.input().size());
    boolean constant = input.encoded().isStatic();
    Classifier.Prediction prediction = null;
    reset();
    for (int t = 0; t < steps; t++) {
      prediction = step(frames, constant ? 0 : t * frame);
      each.accept(t + 1, prediction);
    }
    return prediction;
  }

  @Override
  public void close() {
    plan.close();
  }
}
