package org.klif.train;

import com.google.common.primitives.Floats;
import java.util.function.BiConsumer;
import org.klif.nn.StreamingPlan;

/**
 * Classifies single samples one time step at a time. After the last step the outputs are those of
 * {@link Classifier} to the bit.
 */
public final class StreamClassifier implements AutoCloseable {
  private final RunContext context;
  private final StreamingPlan plan;

  /** Plans for one sample. */
  public StreamClassifier(RunContext context) {
    this.context = context;
    this.plan = context.network().stream(1, true);
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
    float[] frames = Classifier.channelsLast(context, sample);
    int frame = Math.toIntExact(plan.input().size());
    boolean constant = context.inputShape().isStatic();
    double[] sums = new double[context.network().outputs()];
    Classifier.Prediction prediction = null;
    plan.reset();
    for (int step = 1; step <= context.config().steps(); step++) {
      plan.input().upload(frames, constant ? 0 : (step - 1) * frame, 0, frame);
      plan.step();
      float[] output = plan.output().toArray();
      float[] rates = new float[sums.length];
      for (int c = 0; c < sums.length; c++) {
        // as the losses of every device take the mean over T
        sums[c] += output[c];
        rates[c] = (float) (sums[c] / step);
      }
      prediction =
          new Classifier.Prediction(
              Evaluator.largest(rates, 0, rates.length),
              context.entry().classNames(),
              Floats.asList(rates));
      each.accept(step, prediction);
    }
    return prediction;
  }

  @Override
  public void close() {
    plan.close();
  }
}
