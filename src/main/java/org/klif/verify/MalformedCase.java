package org.klif.verify;

import org.klif.KlifException;

/** A golden-vector file that does not say what it should; the case counts as failed. */
final class MalformedCase extends KlifException {
  private static final long serialVersionUID = 1L;

  MalformedCase(String message) {
    super(message);
  }
}
