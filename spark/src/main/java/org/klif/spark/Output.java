package org.klif.spark;

import java.io.PrintStream;

/**
 * Where the program speaks; lines come from several threads.
 *
 * @param out results
 * @param err what happens on the cluster, and errors
 */
record Output(PrintStream out, PrintStream err) {
  /** A line of the result. */
  void line(String text) {
    synchronized (out) {
      out.println(text);
      out.flush();
    }
  }

  /** A line of what happens. */
  void note(String text) {
    synchronized (err) {
      err.println("klif-spark: " + text);
      err.flush();
    }
  }
}
