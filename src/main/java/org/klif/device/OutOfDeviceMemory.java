package org.klif.device;

import org.klif.KlifException;

/** A device has not enough memory left: who plans a network can say which batch would fit. */
public final class OutOfDeviceMemory extends KlifException {
  private static final long serialVersionUID = 1L;

  /** The rest is left to libraries' workspaces, the queue of batches and evaluation. */
  private static final double SHARE_OF_THE_ROOM = 0.8;

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
    super(
        "out of device memory: %s asked for, %s in use by this run of %s it can have (%s); use a smaller batch"
            .formatted(size(requested), size(live), size(limit), why));
    this.requested = requested;
    this.live = live;
    this.limit = limit;
  }

  private OutOfDeviceMemory(OutOfDeviceMemory cause, String hint) {
    super(cause.getMessage() + ": " + hint, cause);
    this.requested = cause.requested;
    this.live = cause.live;
    this.limit = cause.limit;
  }

  /**
   * The same with the batch that would fit, from what the failed plan needs for each sample.
   *
   * @param batch of the plan that does not fit
   * @param needed bytes that grow with the batch
   * @param held bytes of these that the run had got
   */
  public OutOfDeviceMemory withBatch(int batch, long needed, long held) {
    double room = SHARE_OF_THE_ROOM * (limit - (live - held));
    long fits = (long) Math.floor(batch * room / needed);
    return new OutOfDeviceMemory(
        this,
        fits >= 1
            ? "%d would fit".formatted(Math.min(fits, batch - 1))
            : "not even 1 would fit; use a smaller network or T");
  }

  private static String size(long bytes) {
    return bytes < 1 << 20
        ? "%d bytes".formatted(bytes)
        : bytes < 10L << 30
            ? "%.1f MiB".formatted(bytes / 1048576.0)
            : "%.1f GiB".formatted(bytes / 1073741824.0);
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
