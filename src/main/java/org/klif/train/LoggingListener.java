package org.klif.train;

import org.klif.KlifException;
import org.klif.Printable;
import org.klif.data.cache.CacheProgress;
import org.klif.run.RunLog;

/** Writes what a listener is told into the run's log, too, except single steps. */
final class LoggingListener implements TrainListener {
  private final TrainListener inner;
  private final RunLog log;

  LoggingListener(TrainListener inner, RunLog log) {
    this.inner = inner;
    this.log = log;
  }

  @Override
  public void note(String line) {
    log.write(line);
    inner.note(line);
  }

  @Override
  public void warn(String line) {
    log.write("warning: " + line);
    inner.warn(line);
  }

  @Override
  public CacheProgress frames() {
    return inner.frames();
  }

  @Override
  public void step(Progress progress) {
    inner.step(progress);
  }

  @Override
  public void epoch(Progress progress, EpochResult result, boolean best) {
    log.write(TrainListener.line(progress, result, best));
    inner.epoch(progress, result, best);
  }

  /** The run ended early; said by who catches it, too. */
  void failed(KlifException failure) {
    try {
      log.write("stopped: " + Printable.line(String.valueOf(failure.getMessage())));
    } catch (KlifException e) {
      failure.addSuppressed(e);
    }
  }
}
