package org.klif.device;

import org.klif.KlifException;

/** A device has not enough memory left: who plans a network can say which batch would fit. */
public final class OutOfDeviceMemory extends KlifException {
  private static final long serialVersionUID = 1L;

  private final long requested;
  private final long live;
  private final long limit;

  /**
   * What was asked of what there is.
   *
   * @param requested bytes asked for
   * @param live bytes in use by this run
   * @param limit bytes this run can have in all
   * @param why what else takes memory, or bounds it
   */
  public OutOfDeviceMemory(long requested, long live, long limit, String why) {
    this(
        requested,
        live,
        limit,
        "out of device memory: %s asked for, %s in use by this run of %s it can have (%s); use a smaller --batch"
            .formatted(mebibytes(requested), mebibytes(live), mebibytes(limit), why),
        null);
  }

  private OutOfDeviceMemory(
      long requested, long live, long limit, String message, OutOfDeviceMemory cause) {
    super(message, cause);
    this.requested = requested;
    this.live = live;
    this.limit = limit;
  }

  /** The same with a hint which batch would fit. */
  public OutOfDeviceMemory withHint(String hint) {
    return new OutOfDeviceMemory(requested, live, limit, getMessage() + "; " + hint, this);
  }

  private static String mebibytes(long bytes) {
    return "%.1f MiB".formatted(bytes / 1048576.0);
  }

  /** Bytes asked for. */
  public long requested() {
    return requested;
  }

  /** Bytes in use by this run. */
  public long live() {
    return live;
  }

  /** Bytes this run can have in all. */
  public long limit() {
    return limit;
  }
}
