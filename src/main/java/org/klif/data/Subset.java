package org.klif.data;

import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.klif.data.events.Events;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.RecordedSamples;
import org.klif.data.frames.Sensor;

/** Some samples of another data set, in the given order; closing it closes that one. */
record Subset(String name, Dataset all, ImmutableIntArray indices) implements Dataset {
  /** The samples with these indices. */
  Subset(String name, Dataset all, List<Integer> indices) {
    this(name, all, ImmutableIntArray.copyOf(indices));
    indices.forEach(i -> Objects.checkIndex(i, all.size()));
  }

  @Override
  public int size() {
    return indices.length();
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
    return all.label(indices.get(i));
  }

  @Override
  public void read(int i, float[] destination, int offset) {
    all.read(indices.get(i), destination, offset);
  }

  @Override
  public List<String> remarks() {
    return all.remarks();
  }

  /** Those of these samples alone: what is held out stays out. */
  @Override
  public Optional<RecordedSamples> recordings() {
    return all.recordings().map(recordings -> new Chosen(recordings, indices));
  }

  private record Chosen(RecordedSamples all, ImmutableIntArray indices) implements RecordedSamples {
    @Override
    public int size() {
      return indices.length();
    }

    @Override
    public Events recording(int i) {
      return all.recording(indices.get(i));
    }

    @Override
    public Sensor sensor() {
      return all.sensor();
    }

    @Override
    public FrameRule rule() {
      return all.rule();
    }
  }

  @Override
  public void close() {
    all.close();
  }
}
