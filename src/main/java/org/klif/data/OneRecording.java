package org.klif.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.klif.UsageException;
import org.klif.data.events.Events;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;

/** One sample of a set of event recordings, read from the set's own files without any cache. */
record OneRecording(CatalogueEntry entry, String name, SamplePath path, RecordedFrames frames)
    implements Dataset {
  /** Names alone, so that nothing is read while they are listed. */
  private static final class Names implements EventSets.Sink {
    private final boolean test;
    private final List<SamplePath> paths = new ArrayList<>();

    Names(boolean test) {
      this.test = test;
    }

    @Override
    public boolean wants(SamplePath path) {
      if (path.test() == test) {
        paths.add(path);
      }
      return false;
    }

    @Override
    public void accept(SamplePath path, Events events) {
      throw new IllegalStateException(path + " was not asked for");
    }
  }

  /**
   * Reads one sample: the names of all recordings, then that recording.
   *
   * @param entry the set
   * @param test which part
   * @param i the sample's number in its part
   * @throws UsageException when there is no such sample
   */
  static Dataset read(
      CatalogueEntry entry,
      Placement placement,
      FrameRule rule,
      EventFilter filter,
      boolean test,
      int i) {
    String name = entry.name() + (test ? " test" : " train");
    Names names = new Names(test);
    EventSets.forEach(entry, placement, names);
    Collections.sort(names.paths);
    if (i < 0 || i >= names.paths.size()) {
      throw new UsageException(
          "%s has the samples 0 to %d, not %d".formatted(name, names.paths.size() - 1, i));
    }
    SamplePath chosen = names.paths.get(i);
    List<RecordedFrames> read = new ArrayList<>();
    EventSets.forEach(
        entry,
        placement,
        new EventSets.Sink() {
          @Override
          public boolean wants(SamplePath path) {
            return path.equals(chosen);
          }

          @Override
          public void accept(SamplePath path, Events events) {
            read.add(RecordedFrames.of(entry, path.file(), events, rule, filter));
          }
        });
    return new OneRecording(entry.withFrames(rule, filter), name, chosen, read.get(0));
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public List<String> classNames() {
    return entry.classNames();
  }

  @Override
  public SampleShape shape() {
    return entry.shape();
  }

  @Override
  public int label(int i) {
    return path.label();
  }

  @Override
  public void read(int i, float[] destination, int offset) {
    System.arraycopy(frames.values(), 0, destination, offset, frames.values().length);
  }

  @Override
  public List<String> remarks() {
    return frames.remarks();
  }

  @Override
  public void close() {}
}
