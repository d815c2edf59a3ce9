package org.klif;

/** The command line or a configuration is wrong, known without looking at any file. Exit code 2. */
public class UsageException extends KlifException {
  private static final long serialVersionUID = 1L;

  /** One sentence that says what is wrong and what would be right. */
  public UsageException(String message) {
    super(message);
  }
}
