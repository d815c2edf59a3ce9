package org.klif.api;

import org.klif.data.SampleShape;
import org.klif.train.StreamClassifier;

/** One frame after the other through a network, whose potentials are kept in between. */
public final class SpikingStream implements AutoCloseable {
  private final StreamClassifier classifier;
  private final SampleShape shape;

  SpikingStream(StreamClassifier classifier, SampleShape shape) {
    this.classifier = classifier;
    this.shape = shape;
  }

  /**
   * One time step. After as many steps as the network has, the rates are those of {@link
   * SpikingNetwork#predict} to the bit; a stream may go on beyond.
   *
   * @param frame (C, H, W), values as of predict; the image again where images are constant
   * @return what the mean over the steps so far says
   */
  public Prediction step(float[] frame) {
    Misuse.requireLength(
        "frame", frame, (long) shape.values() / shape.steps(), "one frame of " + shape);
    return SpikingNetwork.prediction(classifier.step(frame));
  }

  /** Back to ahead of the first step: another stream begins. */
  public void reset() {
    classifier.reset();
  }

  @Override
  public void close() {
    classifier.close();
  }
}
