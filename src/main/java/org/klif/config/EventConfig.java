package org.klif.config;

import org.klif.data.Augmentation;
import org.klif.data.EventChange;
import org.klif.data.RecordingChange;
import org.klif.data.frames.EventAugmentation;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;

/**
 * What happens to recordings of events; of no meaning for images, which take none only.
 *
 * @param filter ahead of the frames, the same in each epoch, see {@link EventFilter#parse}
 * @param augmentation of training samples, see {@link EventAugmentation#parse}; changes that are
 *     the same on frames ({@link EventChange}) need no cache of events
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
    InvalidSetting.read(FILTER, () -> EventFilter.parse(filter));
    InvalidSetting.requireText(AUGMENTATION, augmentation);
    InvalidSetting.read(AUGMENTATION, () -> EventAugmentation.parse(augmentation));
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

  /** Refuses what sensors without polarities cannot take. */
  void requireOnePolarity(String set) {
    InvalidSetting.require(
        !EventAugmentation.parse(augmentation).exchangesPolarities(),
        AUGMENTATION,
        "exchanges polarities, and the spikes of %s have none".formatted(set));
  }

  /** The filter as the data knows it. */
  public EventFilter eventFilter() {
    return EventFilter.parse(filter);
  }

  /**
   * True when training changes events each time it reads them, not their frames. Scaled frames are
   * never changed: their pixels are not the sensor's.
   */
  boolean needsRecordings(FrameRule rule) {
    EventAugmentation change = EventAugmentation.parse(augmentation);
    return !change.isNone() && (rule.resizes() || !EventChange.isExact(change));
  }

  /** The change of training samples. */
  Augmentation change(FrameRule rule) {
    EventAugmentation change = EventAugmentation.parse(augmentation);
    return needsRecordings(rule) ? new RecordingChange(change) : new EventChange(change);
  }
}
