package org.klif.cli;

import java.util.List;
import java.util.Locale;
import org.klif.reproduce.ReproduceListener;

/** Prints how a reproduction goes, a line a run. */
final class ReproducePrinter implements ReproduceListener {
  private final Console console;

  ReproducePrinter(Console console) {
    this.console = console;
  }

  @Override
  public void planned(List<String> lines) {
    lines.forEach(console::note);
  }

  @Override
  public void note(String text) {
    console.note(text);
  }

  @Override
  public void started(String id) {
    note("started " + id);
  }

  @Override
  public void finished(String id, double accuracy) {
    note(String.format(Locale.ROOT, "finished %s: %.2f %%", id, 100 * accuracy));
  }
}
