package org.klif.reproduce;

import java.util.List;

/** Is told how a reproduction goes; called by one thread at a time. */
public interface ReproduceListener {
  /** What is done now and what is left out, ahead of the work. */
  void planned(List<String> lines);

  /** A sentence about what happens. */
  void note(String text);

  /** A run begins or goes on. */
  void started(String id);

  /**
   * A run is finished.
   *
   * @param accuracy as its protocol measures it, 0 to 1
   */
  void finished(String id, double accuracy);
}
