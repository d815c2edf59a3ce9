package org.klif.sweep;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.klif.KlifException;

/**
 * Runs a plan in a folder and writes its tables after each run. What is there already is kept, so a
 * sweep that was interrupted or killed goes on when it is run again, and ends with the same
 * results.csv to the bit.
 */
public final class Sweep {
  private final SweepPlan plan;
  private final SweepFolder folder;
  private final JobListener listener;

  /** How the runs stand, and what they had come to after the epochs of their last job, by id. */
  private final Map<String, RunResult> standings = new LinkedHashMap<>();

  private Sweep(SweepPlan plan, SweepFolder folder, JobListener listener) {
    this.plan = plan;
    this.folder = folder;
    this.listener = listener;
    plan.runs().forEach(run -> set(run, RunResult.State.UNFINISHED, Optional.empty(), ""));
  }

  private void set(
      SweepPlan.Run run, RunResult.State state, Optional<RunOutcome> outcome, String message) {
    standings.put(run.job().id(), new RunResult(run, state, outcome, message));
  }

  /**
   * Runs what is not done.
   *
   * @param runner where runs are computed
   * @param atOnce most runs at once
   * @param listener is told how they go
   * @param stop asked often; when true, running jobs are interrupted and no other is started
   * @return a line for each run, in the order of the plan; unfinished ones after a stop
   * @throws KlifException when the folder holds other runs, or another process works in it
   */
  public static List<RunResult> run(
      SweepPlan plan,
      SweepFolder folder,
      JobRunner runner,
      int atOnce,
      JobListener listener,
      BooleanSupplier stop) {
    Sweep sweep = new Sweep(plan, folder, listener);
    try (JobPool pool = JobPool.open(folder.runs(), runner, atOnce, sweep.new Writer(), stop)) {
      sweep.run(pool);
      return sweep.writeTables();
    }
  }

  /** The folders of all runs that have come to something, in the order of the plan. */
  public static List<Path> folders(SweepFolder folder, List<RunResult> results) {
    return results.stream()
        .filter(result -> result.outcome().isPresent())
        .map(result -> folder.runs().resolve(result.run().job().id()))
        .toList();
  }

  private void run(JobPool pool) {
    List<SweepPlan.Run> alive = plan.runs();
    if (plan.halving().isPresent()) {
      Halving halving = plan.halving().get();
      int most = alive.stream().mapToInt(run -> run.job().config().epochs()).max().orElse(0);
      for (int epochs : halving.rungs(most)) {
        if (groups(alive).size() < 2) {
          break;
        }
        if (!pool.run(jobs(alive, epochs)).stream().allMatch(Sweep::isDecided)) {
          return;
        }
        alive = survivors(halving, alive, epochs);
      }
    }
    pool.run(jobs(alive, Integer.MAX_VALUE));
  }

  private static boolean isDecided(JobResult result) {
    return result.isDone() || result.kind() == JobResult.Kind.FAILED;
  }

  private static List<Job> jobs(List<SweepPlan.Run> runs, int epochs) {
    return runs.stream().map(run -> run.job().upTo(epochs)).toList();
  }

  private static Map<String, List<SweepPlan.Run>> groups(List<SweepPlan.Run> runs) {
    Map<String, List<SweepPlan.Run>> groups = new LinkedHashMap<>();
    runs.forEach(run -> groups.computeIfAbsent(run.group(), g -> new ArrayList<>()).add(run));
    return groups;
  }

  /** The better ones; of equals those that come first in the plan. */
  private List<SweepPlan.Run> survivors(Halving halving, List<SweepPlan.Run> runs, int epochs) {
    Map<String, List<SweepPlan.Run>> groups = groups(runs);
    Map<String, Double> merits = new LinkedHashMap<>();
    groups.forEach((name, group) -> merits.put(name, merit(halving, group)));
    List<String> kept =
        merits.keySet().stream()
            .sorted(Comparator.comparing(merits::get, Comparator.reverseOrder()))
            .limit(halving.survivors(groups.size()))
            .toList();
    List<SweepPlan.Run> alive = new ArrayList<>();
    for (SweepPlan.Run run : runs) {
      if (kept.contains(run.group())) {
        alive.add(run);
      } else {
        RunResult old = standings.get(run.job().id());
        if (old.state() == RunResult.State.UNFINISHED) {
          set(run, RunResult.State.STOPPED, old.outcome(), "");
        }
      }
    }
    listener.judged(epochs, kept.size(), groups.size());
    return alive;
  }

  /** The mean over the seeds; a group with a run that failed is worse than all others. */
  private double merit(Halving halving, List<SweepPlan.Run> group) {
    double[] merits = new double[group.size()];
    for (int i = 0; i < merits.length; i++) {
      Optional<RunOutcome> outcome = standings.get(group.get(i).job().id()).outcome();
      if (outcome.isEmpty()) {
        return Double.NEGATIVE_INFINITY;
      }
      merits[i] = halving.metric().merit(outcome.get());
    }
    return Results.mean(merits);
  }

  private List<RunResult> writeTables() {
    List<RunResult> results = List.copyOf(standings.values());
    Results.write(folder, plan, results);
    return results;
  }

  /** Writes the tables after each run that ended, and passes on what it is told. */
  private final class Writer implements JobListener {
    @Override
    public void started(Job job) {
      listener.started(job);
    }

    @Override
    public void epochs(Job job, int epochs, double testAccuracy, double testLoss) {
      listener.epochs(job, epochs, testAccuracy, testLoss);
    }

    @Override
    public void ended(JobResult result) {
      Job job = result.job();
      RunResult.State state =
          result.kind() == JobResult.Kind.FAILED
              ? RunResult.State.FAILED
              : result.isDone() && job.isWhole()
                  ? RunResult.State.FINISHED
                  : RunResult.State.UNFINISHED;
      // the line of that very epoch: the run may have gone on in an earlier start of the sweep
      Optional<RunOutcome> outcome =
          result.isDone()
              ? Optional.of(RunOutcome.read(folder.runs().resolve(job.id()), job.epochs()))
              : Optional.empty();
      set(standings.get(job.id()).run(), state, outcome, result.message());
      listener.ended(result);
      if (result.kind() == JobResult.Kind.DONE || result.kind() == JobResult.Kind.FAILED) {
        writeTables();
      }
    }
  }
}
