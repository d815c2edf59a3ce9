package org.klif.train;

import com.google.common.primitives.Floats;
import java.util.List;
import org.klif.device.Loss;
import org.klif.nn.Network;

/** Classifies single samples with a network. */
public final class Classifier implements AutoCloseable {
  private final SampleInput input;
  private final List<String> classNames;
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

    static Prediction of(List<String> classNames, float[] rates) {
      return new Prediction(
          Evaluator.largest(rates, 0, rates.length), classNames, Floats.asList(rates));
    }

    /** Name of the class. */
    public String className() {
      return classNames.get(index);
    }
  }

  /** Plans for one sample. */
  public Classifier(RunContext context) {
    this(
        context.network(),
        context.config().objective(),
        context.sampleInput(),
        context.entry().classNames());
  }

  /** The same for a network without a run. */
  public Classifier(
      Network network, Loss.Objective objective, SampleInput input, List<String> classNames) {
    this.input = input;
    this.classNames = classNames;
    this.run = new BatchStep(network, objective.plain(), 1, null);
  }

  /**
   * Classifies a sample.
   *
   * @param sample (T, C, H, W), or (C, H, W) when static; values 0 to 1, not normalised
   */
  public Prediction classify(float[] sample) {
    run.upload(input.of(sample));
    run.forward();
    return Prediction.of(classNames, run.rates());
  }

  @Override
  public void close() {
    run.close();
  }
}
