package org.klif.shard;

import org.klif.KlifException;

/** Ends a shard because of what happened in another one, whose error is the one to report. */
public final class ReleasedShard extends KlifException {
  private static final long serialVersionUID = 1;

  /** With a sentence for the case that nobody has a better one. */
  public ReleasedShard(String message) {
    super(message);
  }
}
