package org.klif.data;

import java.util.List;
import org.klif.data.frames.EventAugmentation;
import org.klif.data.random.SampleRandom;

/**
 * A change of training recordings that needs their events. It can only come first: {@link
 * BatchLoader} reads the recording, changes it and makes its frames, and applies what follows to
 * these. For changes that are the same on frames {@link EventChange} is quicker.
 *
 * @param change of the recording, drawing the numbers ahead of the changes that follow
 */
public record RecordingChange(EventAugmentation change) implements Augmentation {
  /** The change of recordings that a chain begins with; none when it begins with another one. */
  static EventAugmentation first(Augmentation augmentation) {
    if (augmentation instanceof Chain chain && !chain.parts().isEmpty()) {
      return first(chain.parts().get(0));
    }
    return augmentation instanceof RecordingChange first
        ? first.change()
        : EventAugmentation.none();
  }

  /** What is left of a chain without the change that {@link #first} gives. */
  static Augmentation rest(Augmentation augmentation) {
    if (augmentation instanceof Chain chain && !chain.parts().isEmpty()) {
      List<Augmentation> parts = chain.parts();
      return parts.get(0) instanceof RecordingChange
          ? new Chain(parts.subList(1, parts.size()))
          : augmentation;
    }
    return augmentation instanceof RecordingChange ? new Chain(List.of()) : augmentation;
  }

  /** Not possible: the events of frames are not known. */
  @Override
  public void apply(float[] sample, float[] scratch, SampleShape shape, SampleRandom random) {
    throw new IllegalStateException(change + " needs the events");
  }

  @Override
  public boolean isNone() {
    return change.isNone();
  }
}
