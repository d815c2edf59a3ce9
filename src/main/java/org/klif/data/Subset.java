package org.klif.data;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.klif.data.events.Events;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.RecordedSamples;

/** Some samples of another data set, in the given order; closing it closes that one. */
final class Subset implements Dataset {
  private final String name;
  private final Dataset all;
  private final int[] indices;

  /** The samples with these indices. */
  Subset(String name, Dataset all, List<Integer> indices) {
    this.name = name;
    this.all = all;
    this.indices = indices.stream().mapToInt(i -> Objects.checkIndex(i, all.size())).toArray();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public List<String> classNames() {
    return all.classNames();
  }

  @Override
  public SampleShape shape() {
    return all.shape();
  }

  @Override
  public int label(int i) {
    return all.label(indices[i]);
  }

  @Override
  public void read(int i, float[] destination, int offset) {
    all.read(indices[i], destination, offset);
  }

  @Override
  public List<String> remarks() {
    return all.remarks();
  }

  /** Those of these samples alone: what is held out stays out. */
  @Override
  public Optional<RecordedSamples> recordings() {
    return all.recordings().map(Chosen::new);
  }

  private final class Chosen implements RecordedSamples {
    private final RecordedSamples recordings;

    Chosen(RecordedSamples recordings) {
      this.recordings = recordings;
    }

    @Override
    public int size() {
      return indices.length;
    }

    @Override
    public Events recording(int i) {
      return recordings.recording(indices[i]);
    }

    @Override
    public FrameRule rule() {
      return recordings.rule();
    }
  }

  @Override
  public void close() {
    all.close();
  }
}
