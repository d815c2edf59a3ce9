package org.klif;

/**
 * Something found while working: bad data, a missing file, a device that is not there. Exit code 1.
 */
public class KlifException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** One sentence that says what, where and what to do. */
  public KlifException(String message) {
    super(message);
  }

  /** One sentence that says what, where and what to do; the cause is shown with --verbose only. */
  public KlifException(String message, Throwable cause) {
    super(message, cause);
  }
}
