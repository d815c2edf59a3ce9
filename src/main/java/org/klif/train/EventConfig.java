package org.klif.train;

import org.klif.UsageException;
import org.klif.data.EventChange;
import org.klif.data.frames.EventAugmentation;
import org.klif.data.frames.EventFilter;

/**
 * What happens to recordings of events; of no meaning for images, which take none only.
 *
 * @param filter ahead of the frames, the same in each epoch, see {@link EventFilter#parse}
 * @param augmentation of training samples, see {@link EventAugmentation#parse}; only changes that
 *     are the same on frames, see {@link EventChange}
 */
public record EventConfig(String filter, String augmentation) {
  private static final String FILTER = "events.filter";
  private static final String AUGMENTATION = "events.augmentation";
  private static final String NOTHING = "none";

  /** Recordings as they are. */
  static final EventConfig NONE = new EventConfig(NOTHING, NOTHING);

  /** Checks both texts. */
  public EventConfig {
    InvalidSetting.requireText(FILTER, filter);
    try {
      EventFilter.parse(filter);
    } catch (UsageException e) {
      throw new InvalidSetting(FILTER, "is not understood: " + e.getMessage());
    }
    InvalidSetting.requireText(AUGMENTATION, augmentation);
    EventAugmentation change;
    try {
      change = EventAugmentation.parse(augmentation);
    } catch (UsageException e) {
      throw new InvalidSetting(AUGMENTATION, "is not understood: " + e.getMessage());
    }
    InvalidSetting.require(
        EventChange.isExact(change),
        AUGMENTATION,
        "takes flip, roll(pixels) and polarity only, not \"%s\": training reads frames from the cache, and other changes need the events"
            .formatted(augmentation));
  }

  /** Refuses what a set of images cannot take. */
  void requireNothingFor(String set) {
    InvalidSetting.require(
        filter.equals(NOTHING),
        FILTER,
        "is for recordings of events, and %s has images".formatted(set));
    InvalidSetting.require(
        augmentation.equals(NOTHING),
        AUGMENTATION,
        "is for recordings of events, and %s has images; augmentation is for them".formatted(set));
  }

  /** The filter as the data knows it. */
  public EventFilter eventFilter() {
    return EventFilter.parse(filter);
  }

  /** The change of training samples. */
  EventAugmentation change() {
    return EventAugmentation.parse(augmentation);
  }
}
