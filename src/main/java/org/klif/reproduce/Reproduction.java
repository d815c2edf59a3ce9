package org.klif.reproduce;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.klif.KlifException;
import org.klif.device.Devices;
import org.klif.device.Precision;
import org.klif.io.NoLinks;
import org.klif.neuron.file.Trust;
import org.klif.report.Comparison;
import org.klif.run.RunFolder;
import org.klif.sweep.Job;
import org.klif.sweep.JobListener;
import org.klif.sweep.JobPool;
import org.klif.sweep.JobResult;
import org.klif.sweep.JobRunner;
import org.klif.sweep.Progress;
import org.klif.sweep.RunStatus;

/**
 * Makes the table: looks which runs are finished, plans the others, has them trained, measures what
 * protocol B asks for, and writes the table after each. All of it is read from the runs' folders,
 * so it does not matter how often it was interrupted, nor who made a run.
 */
public final class Reproduction {
  private static final String CPU = "cpu";

  private final TableFile file;
  private final ReproduceOptions options;
  private final Path out;
  private final JobRunner trainer;
  private final Trust trust;
  private final ReproduceListener listener;
  private final BooleanSupplier stop;
  private final RowData data;
  private final RunsFolder runs;
  private final List<TableRow> rows;
  private final Set<Experiment> wanted;
  private final Set<Experiment> shown;
  private final Set<String> problems = new LinkedHashSet<>();
  private final Set<Experiment> failed = new HashSet<>();
  private final long begin = System.nanoTime();

  /**
   * Plans nothing yet.
   *
   * @param out folder of the tables; the runs are in its folder {@code runs}
   * @param trainer where runs are computed
   * @param trust says which neurons from files may run
   * @param stop asked often; when true, running runs are interrupted with a checkpoint
   */
  public Reproduction(
      TableFile file,
      ReproduceOptions options,
      Path out,
      JobRunner trainer,
      Trust trust,
      ReproduceListener listener,
      BooleanSupplier stop) {
    this.file = file;
    this.options = options;
    this.out = out;
    this.trainer = trainer;
    this.trust = trust;
    this.listener = listener;
    this.stop = stop;
    this.data = new RowData(options.data());
    this.runs = new RunsFolder(out.resolve("runs"), options, data.folder());
    this.rows = file.select(options.scale(), options.rows());
    this.wanted = new LinkedHashSet<>(options.experiments(rows));
    this.shown = shown();
    wanted.forEach(runs::job); // a row or an option that makes no configuration is told at once
  }

  /** What the table is of: the wanted runs, and whatever else of its scale is in the folder. */
  private Set<Experiment> shown() {
    Set<Experiment> all = new LinkedHashSet<>();
    for (TableRow row : file.select(options.scale(), List.of())) {
      for (int steps : row.steps()) {
        for (Protocol protocol : Protocol.values()) {
          Set<String> neurons = new LinkedHashSet<>(row.neurons());
          neurons.addAll(options.neurons());
          Set<Long> seeds = new TreeSet<>(row.seeds());
          seeds.addAll(options.seeds());
          Set<String> precisions = new LinkedHashSet<>();
          precisions.add(row.precision());
          Arrays.stream(Precision.values()).map(Precision::token).forEach(precisions::add);
          for (String precision : precisions) {
            for (String neuron : neurons) {
              seeds.forEach(
                  s -> all.add(new Experiment(row, neuron, steps, protocol, s, precision)));
            }
          }
        }
      }
    }
    return all;
  }

  /** The table of the runs that are finished; nothing is trained or written. */
  ResultsTable table() {
    look();
    return ResultsTable.of(file, shown, wanted, runs.finished(), List.copyOf(problems));
  }

  /** Says what would be done, and does nothing. */
  public ReproduceResult dryRun() {
    Plan plan = plan(look());
    listener.planned(describe(plan));
    return result(plan, Optional.empty());
  }

  /** Does it. */
  public ReproduceResult run() {
    Plan plan = plan(look());
    listener.planned(describe(plan));
    try (JobPool pool =
        JobPool.open(runs.path(), this::trainAndMeasure, jobs(), progress(), this::stopped)) {
      measureFinished();
      runs.finished().keySet().forEach(runs::keep);
      writeTables(plan);
      while (!plan.now().isEmpty() && !stopped()) {
        List<Job> jobs = plan.now().stream().map(entry -> runs.job(entry.experiment())).toList();
        failed.addAll(failures(plan, pool.run(jobs)));
        // what ended sooner than was thought leaves time for more
        plan = plan(look());
      }
    }
    writeComparisons();
    writeTables(plan);
    return result(plan, Optional.of(out.resolve("table")));
  }

  /**
   * Trains a run and, where protocol B holds samples out, measures the checkpoint that these chose
   * on the test samples.
   */
  private void trainAndMeasure(Job job, Path folder, Progress progress)
      throws InterruptedException {
    trainer.run(job, folder, progress);
    if (job.config().holdsOutValidation()) {
      TestScore.measure(new RunFolder(folder), job.config().dataFolder(), trust, listener::note);
    }
  }

  private Set<Experiment> failures(Plan plan, List<JobResult> results) {
    Set<Experiment> found = new HashSet<>();
    for (int i = 0; i < results.size(); i++) {
      if (results.get(i).kind() == JobResult.Kind.FAILED) {
        found.add(plan.now().get(i).experiment());
        problems.add(results.get(i).job().id() + ": " + results.get(i).message());
      }
    }
    return found;
  }

  /** How far each run is whose data is here. */
  private Map<Experiment, RunStatus> look() {
    List<String> found = new ArrayList<>();
    Map<Experiment, RunStatus> status = runs.look(shown, wanted, found);
    problems.addAll(found);
    return status;
  }

  private Plan plan(Map<Experiment, RunStatus> status) {
    Costs costs = costs(status);
    List<Plan.Entry> open = new ArrayList<>();
    for (Experiment experiment : wanted) {
      RunStatus how = status.get(experiment);
      if (how == null || how == RunStatus.FINISHED || failed.contains(experiment)) {
        continue;
      }
      Optional<String> missing = data.missing(experiment.row()).or(() -> gpu(experiment.row()));
      if (missing.isPresent()) {
        problems.add(missing.get());
        continue;
      }
      int epochs = runs.job(experiment).config().epochs();
      OptionalDouble seconds = costs.seconds(experiment, runs.epochsLeft(experiment, how), epochs);
      boolean begun = how == RunStatus.STARTED;
      open.add(new Plan.Entry(experiment, seconds, begun ? Plan.Share.PART : Plan.Share.WHOLE));
    }
    return options.budget().isEmpty() ? Plan.all(open) : Plan.within(open, secondsLeft(), jobs());
  }

  private Optional<String> gpu(TableRow row) {
    return !row.gpu() || mayBeGpu(options.device())
        ? Optional.empty()
        : Optional.of(
            "row %s: it needs a GPU and --device %s takes none; klif devices says what is missing"
                .formatted(row.name(), options.device()));
  }

  /** Whether a device of this name, as in the option {@code --device}, is not the CPU. */
  private static boolean mayBeGpu(String device) {
    return device.equals("auto")
        ? Devices.providers().stream()
            .filter(provider -> provider.reasonAgainstAuto().isEmpty())
            .findFirst()
            .filter(provider -> !provider.name().equals(CPU))
            .isPresent()
        : !device.equals(CPU);
  }

  private Costs costs(Map<Experiment, RunStatus> status) {
    Costs costs = new Costs();
    status.forEach(
        (experiment, how) -> {
          if (how != RunStatus.ABSENT) {
            runs.secondsPerEpoch(experiment).ifPresent(s -> costs.measured(experiment, s));
          }
        });
    return costs;
  }

  private double secondsLeft() {
    double spent = (System.nanoTime() - begin) * 1e-9;
    return options.budget().map(b -> b.toMillis() * 1e-3 - spent).orElse(Double.MAX_VALUE);
  }

  private boolean stopped() {
    return stop.getAsBoolean() || secondsLeft() <= 0;
  }

  private int jobs() {
    if (options.jobs() > 0) {
      return options.jobs();
    }
    int threads = rows.stream().mapToInt(options::threads).min().orElse(0);
    int processors = Runtime.getRuntime().availableProcessors();
    return threads == 0 ? 1 : Math.max(1, processors / threads);
  }

  /** Runs that were finished without their test score: made by hand, or killed just before it. */
  private void measureFinished() {
    for (Map.Entry<Experiment, FinishedRun> one : runs.finished().entrySet()) {
      Experiment experiment = one.getKey();
      boolean measured = one.getValue().accuracy(experiment.line()).isPresent();
      if (measured || stop.getAsBoolean()) {
        continue;
      }
      Optional<String> missing = data.missing(experiment.row());
      if (missing.isPresent()) {
        problems.add(missing.get());
        continue;
      }
      listener.note("measuring %s on the test samples".formatted(experiment.id()));
      try {
        TestScore.measure(runs.folder(experiment), data.folder(), trust, listener::note);
        runs.read(experiment);
      } catch (KlifException e) {
        problems.add("%s: %s".formatted(experiment.id(), e.getMessage()));
      }
    }
  }

  private JobListener progress() {
    Map<String, Experiment> byId = new HashMap<>();
    wanted.forEach(experiment -> byId.put(experiment.id(), experiment));
    return new JobListener() {
      @Override
      public void started(Job job) {
        listener.started(job.id());
      }

      @Override
      public void ended(JobResult result) {
        if (result.kind() != JobResult.Kind.DONE) {
          return;
        }
        Experiment experiment = byId.get(result.job().id());
        FinishedRun run = runs.read(experiment);
        runs.keep(experiment);
        listener.finished(experiment.id(), run.accuracy(experiment.line()).orElse(Double.NaN));
        writeTables(new Plan(List.of(), List.of()));
      }
    };
  }

  private void writeTables(Plan plan) {
    List<String> missing = new ArrayList<>(problems);
    missing.addAll(leftOut(plan));
    ResultsTable.of(file, shown, wanted, runs.finished(), missing).write(out);
  }

  /** Curves, rasters and trajectories of the neurons of a row beside each other. */
  private void writeComparisons() {
    Map<String, List<Path>> groups = new TreeMap<>();
    for (Experiment experiment : runs.finished().keySet()) {
      if (runs.isWhole(experiment)) {
        groups
            .computeIfAbsent(experiment.line().file(), none -> new ArrayList<>())
            .add(runs.folder(experiment).path());
      }
    }
    groups.forEach(
        (name, folders) -> {
          try {
            Path comparisons = out.resolve("compare");
            NoLinks.folder(comparisons);
            Comparison.write(folders, comparisons.resolve(name + ".html"));
          } catch (KlifException e) {
            problems.add(e.getMessage());
          }
        });
  }

  private List<String> leftOut(Plan plan) {
    return plan.leftOut().stream().map(Reproduction::describe).toList();
  }

  private List<String> describe(Plan plan) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%d of %d runs are finished; %d to do now, %d at once"
            .formatted(finishedOf(wanted), wanted.size(), plan.now().size(), jobs()));
    plan.now().forEach(entry -> lines.add("  now: " + describe(entry)));
    plan.leftOut().forEach(entry -> lines.add("  left out: " + describe(entry)));
    problems.forEach(problem -> lines.add("  cannot: " + problem));
    return lines;
  }

  private long finishedOf(Set<Experiment> experiments) {
    return experiments.stream().filter(runs.finished()::containsKey).count();
  }

  private static String describe(Plan.Entry entry) {
    String time =
        entry.seconds().isPresent()
            ? String.format(Locale.ROOT, "about %.0f s", entry.seconds().getAsDouble())
            : "time not known yet";
    String share = entry.share() == Plan.Share.PART ? ", in part" : "";
    return "%s (%s%s)".formatted(entry.experiment().id(), time, share);
  }

  private ReproduceResult result(Plan plan, Optional<Path> tables) {
    Map<Experiment, FinishedRun> finished = runs.finished();
    List<String> open =
        Stream.concat(plan.now().stream(), plan.leftOut().stream())
            .map(entry -> entry.experiment().id())
            .toList();
    Set<LineKey> lines =
        finished.entrySet().stream()
            .filter(e -> e.getValue().accuracy(e.getKey().line()).isPresent())
            .map(e -> e.getKey().line())
            .collect(Collectors.toSet());
    return new ReproduceResult(
        lines.size(), finished.size(), open, List.copyOf(problems), stop.getAsBoolean(), tables);
  }
}
