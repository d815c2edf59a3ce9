package org.klif.data;

import java.util.List;
import java.util.Optional;
import org.klif.data.frames.RecordedSamples;

/**
 * Labelled samples with random access. Values are the data's own, scaled to 0..1; normalisation and
 * augmentation are the loader's ({@link BatchLoader}). All methods may be called from several
 * threads at once.
 */
public interface Dataset extends AutoCloseable {
  /** The set's name in the catalogue and its part, for messages: {@code mnist train}. */
  String name();

  /** Number of samples. */
  int size();

  /** Number of classes; labels are 0..classes-1. */
  default int classes() {
    return classNames().size();
  }

  /** One name per class. */
  List<String> classNames();

  /** The shape all samples share. */
  SampleShape shape();

  /** The class of sample {@code i}. */
  int label(int i);

  /**
   * Writes sample {@code i} to {@code destination[offset ...]}, row-major (C, H, W), or (T, C, H,
   * W) for sequences.
   *
   * @throws org.klif.KlifException when the sample's file cannot be read
   */
  void read(int i, float[] destination, int offset);

  /**
   * The recordings behind the samples; empty for images, and where recordings were not asked for
   * ({@link DataStore#load}).
   */
  default Optional<RecordedSamples> recordings() {
    return Optional.empty();
  }

  /**
   * Sentences that somebody must know who uses the samples, the same for both parts of a set: what
   * of the set's files is not in them, or not as it is there.
   */
  default List<String> remarks() {
    return List.of();
  }

  /** Gives back open files; harmless when called again. */
  @Override
  void close();
}
