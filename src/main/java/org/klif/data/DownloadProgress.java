package org.klif.data;

/** Is told how a download goes; called from the thread that asked for it. */
public interface DownloadProgress {
  /**
   * More of a file has arrived; called often.
   *
   * @param file name
   * @param done bytes so far, those of an earlier attempt included
   * @param total bytes of the whole file
   */
  default void bytes(String file, long done, long total) {}

  /** One line for people: a source that failed, a file that is already there. */
  default void note(String line) {}

  /** Ignores it all. */
  static DownloadProgress none() {
    return new DownloadProgress() {};
  }
}
