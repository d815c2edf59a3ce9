package org.klif.train;

import com.google.common.primitives.Floats;
import java.util.List;
import org.klif.data.Encoding;
import org.klif.data.Normalisation;
import org.klif.data.SampleShape;

/** Classifies single samples with a network. */
public final class Classifier implements AutoCloseable {
  private final RunContext context;
  private final BatchStep run;

  /**
   * A sample's class.
   *
   * @param index of the class with the first largest output
   * @param classNames of all classes
   * @param rates mean output over T, one a class
   */
  public record Prediction(int index, List<String> classNames, List<Float> rates) {
    /** Copies the lists. */
    public Prediction {
      classNames = List.copyOf(classNames);
      rates = List.copyOf(rates);
    }

    /** Name of the class. */
    public String className() {
      return classNames.get(index);
    }
  }

  /** Plans for one sample. */
  public Classifier(RunContext context) {
    this.context = context;
    this.run = new BatchStep(context.network(), context.config().objective().plain(), 1, null);
  }

  /**
   * Classifies a sample.
   *
   * @param sample (T, C, H, W), or (C, H, W) when static; values 0 to 1, not normalised
   */
  public Prediction classify(float[] sample) {
    run.upload(channelsLast(context, sample));
    run.forward();
    float[] rates = run.rates();
    return new Prediction(
        Evaluator.largest(rates, 0, rates.length),
        context.entry().classNames(),
        Floats.asList(rates));
  }

  /** Encoded as the first sample of an evaluation, normalised, each frame (H, W, C). */
  static float[] channelsLast(RunContext context, float[] sample) {
    SampleShape shape = context.inputShape();
    Encoding encoding = context.config().encoding();
    Normalisation normalisation = encoding.normalisation(context.entry().normalisation());
    float[] frames = sample;
    if (!encoding.isDirect()) {
      frames = new float[shape.values()];
      encoding.encode(sample.clone(), context.config().seed(), 0, 0, frames);
    }
    int pixels = shape.height() * shape.width();
    int channels = shape.channels();
    float[] out = new float[shape.values()];
    for (int t = 0; t < shape.steps(); t++) {
      for (int c = 0; c < channels; c++) {
        for (int p = 0; p < pixels; p++) {
          int frame = t * channels * pixels;
          out[frame + p * channels + c] = normalisation.apply(frames[frame + c * pixels + p], c);
        }
      }
    }
    return out;
  }

  @Override
  public void close() {
    run.close();
  }
}
