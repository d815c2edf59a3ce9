package org.klif.sweep;

import com.google.common.base.Throwables;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.io.AtomicFile;
import org.klif.io.ProcessLock;

/**
 * Runs jobs, several at once, each in the folder of its id. What is done already is left as it is;
 * the others start in the order of the list. While a pool is open its folder is locked, so that two
 * of them cannot work on the same runs. Used by one thread.
 */
public final class JobPool implements AutoCloseable {
  private static final int POLL_MILLIS = 100;
  private static final int MOST_SECONDS_TO_STOP = 150;

  private final Path root;
  private final JobRunner runner;
  private final int atOnce;
  private final JobListener listener;
  private final BooleanSupplier stop;
  private final ProcessLock lock;
  private final Set<Thread> running = new HashSet<>();
  private boolean stopped;

  private JobPool(
      Path root,
      JobRunner runner,
      int atOnce,
      JobListener listener,
      BooleanSupplier stop,
      ProcessLock lock) {
    this.root = root;
    this.runner = runner;
    this.atOnce = atOnce;
    this.listener = listener;
    this.stop = stop;
    this.lock = lock;
  }

  /**
   * Opens a pool.
   *
   * @param root the folder in which each run has its own; made when it is absent
   * @param runner where runs are computed
   * @param atOnce most runs at once
   * @param listener is told how they go
   * @param stop asked often; when true, running jobs are interrupted and no other is started
   * @throws KlifException when another process works in the folder
   */
  public static JobPool open(
      Path root, JobRunner runner, int atOnce, JobListener listener, BooleanSupplier stop) {
    if (atOnce < 1) {
      throw new UsageException("--jobs must be at least 1, not " + atOnce);
    }
    return new JobPool(root, runner, atOnce, listener, stop, lock(root));
  }

  private static ProcessLock lock(Path root) {
    Path file = root.resolve(".lock");
    try {
      Files.createDirectories(root);
      return ProcessLock.tryAcquire(file)
          .orElseThrow(
              () ->
                  new KlifException(
                      "another process is working in %s; wait for it, or choose another folder"
                          .formatted(root)));
    } catch (IOException e) {
      throw new KlifException("Cannot write " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /** The folder of a job's run. */
  public Path folder(Job job) {
    return root.resolve(job.id());
  }

  /**
   * Runs what is not done. A job that fails does not hold up the others.
   *
   * @return how each job ended, in the order of the list; after a stop, none is started by later
   *     calls either
   * @throws KlifException when two jobs have the same id, or a folder holds another run; nothing is
   *     started then
   */
  public List<JobResult> run(List<Job> jobs) {
    Set<String> ids = new HashSet<>();
    List<Boolean> done = new ArrayList<>();
    for (Job job : jobs) {
      if (!ids.add(job.id())) {
        throw new IllegalArgumentException("two jobs are called " + job.id());
      }
      requireSame(job);
      done.add(RunStatus.isDone(folder(job), job));
    }
    ExecutorService threads = Executors.newFixedThreadPool(atOnce);
    boolean complete = false;
    try {
      List<Future<JobResult>> futures = new ArrayList<>();
      for (int i = 0; i < jobs.size(); i++) {
        Job job = jobs.get(i);
        if (done.get(i)) {
          futures.add(CompletableFuture.completedFuture(ended(job, JobResult.Kind.KEPT, "")));
        } else {
          futures.add(threads.submit(() -> runOne(job)));
        }
      }
      List<JobResult> results = new ArrayList<>();
      for (Future<JobResult> future : futures) {
        results.add(await(future));
      }
      complete = true;
      return results;
    } finally {
      threads.shutdown();
      if (!complete) {
        interruptRuns();
        awaitEnd(threads);
      }
    }
  }

  /** The folder stays locked until the runs have stopped. */
  private static void awaitEnd(ExecutorService threads) {
    try {
      threads.awaitTermination(MOST_SECONDS_TO_STOP, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void requireSame(Job job) {
    RunStatus.difference(folder(job), job.config())
        .ifPresent(
            difference -> {
              throw new KlifException(
                  "%s holds the run of another configuration: %s; choose another folder, or remove it"
                      .formatted(folder(job), difference));
            });
  }

  private JobResult await(Future<JobResult> future) {
    while (true) {
      try {
        return future.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (stop.getAsBoolean()) {
          interruptRuns();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new KlifException("interrupted while runs were under way in " + root, e);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof KlifException failure) {
          throw new KlifException(failure.getMessage(), failure);
        }
        throw new IllegalStateException("a run ended in an internal error", e.getCause());
      }
    }
  }

  /** Asks the runs that are under way to stop, once, and starts no other. */
  private void interruptRuns() {
    synchronized (running) {
      if (!stopped) {
        stopped = true;
        running.forEach(Thread::interrupt);
      }
    }
  }

  private JobResult runOne(Job job) {
    synchronized (running) {
      if (stopped || stop.getAsBoolean()) {
        return ended(job, JobResult.Kind.WAITING, "");
      }
      running.add(Thread.currentThread());
    }
    synchronized (listener) {
      listener.started(job);
    }
    JobResult.Kind kind = JobResult.Kind.DONE;
    String message = "";
    try {
      runner.run(job, folder(job), (epochs, accuracy, loss) -> epochs(job, epochs, accuracy, loss));
    } catch (InterruptedException e) {
      kind = JobResult.Kind.INTERRUPTED;
    } catch (RuntimeException e) {
      if (wasCutShort(e)) {
        kind = JobResult.Kind.INTERRUPTED;
      } else if (e instanceof KlifException) {
        kind = JobResult.Kind.FAILED;
        message = e.getMessage();
      } else {
        throw e;
      }
    } finally {
      synchronized (running) {
        running.remove(Thread.currentThread());
      }
    }
    return ended(job, kind, message);
  }

  /** Whether a read or write was under way when the run was asked to stop. */
  private static boolean wasCutShort(Throwable failure) {
    return Throwables.getCausalChain(failure).stream()
        .anyMatch(cause -> cause instanceof ClosedByInterruptException);
  }

  private void epochs(Job job, int epochs, double accuracy, double loss) {
    synchronized (listener) {
      listener.epochs(job, epochs, accuracy, loss);
    }
  }

  private JobResult ended(Job job, JobResult.Kind kind, String message) {
    JobResult result = new JobResult(job, kind, message);
    synchronized (listener) {
      listener.ended(result);
    }
    return result;
  }

  @Override
  public void close() {
    lock.close();
  }
}
