package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.klif.UsageException;
import org.klif.neuron.file.Trust;
import org.klif.report.Comparison;
import org.klif.sweep.JavaLaunch;
import org.klif.sweep.ProcessRunner;
import org.klif.sweep.RunResult;
import org.klif.sweep.Sweep;
import org.klif.sweep.SweepFile;
import org.klif.sweep.SweepFolder;
import org.klif.sweep.SweepPlan;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains every combination of what a sweep file varies. */
@Command(
    name = "sweep",
    description = "Train every combination of what a sweep file varies, several runs at once.",
    footer = {
      "",
      "Started again it goes on where it was, after Ctrl-C, a kill or a power cut, and ends with the same",
      "results.csv to the bit. docs/SWEEPS.md describes the file."
    })
final class SweepCommand extends JsonCommand {
  private final Interruption interruption;

  @Mixin SweepOptions what = new SweepOptions();

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description = "Runs at once; 1 by default, or one for each GPU of --devices.")
  Integer jobs;

  @Option(
      names = "--devices",
      paramLabel = "NAME,...",
      split = ",",
      description = "The device of all runs, or GPUs to spread them over: cuda:0,cuda:1.")
  List<String> devices = new ArrayList<>();

  @Option(
      names = "--spark",
      paramLabel = "MASTER",
      description =
          "Run on Apache Spark, by spark/klif-spark: spark://HOST:PORT, or"
              + " local-cluster[EXECUTORS,CORES,MIB].")
  String spark;

  @Option(names = "--dry-run", description = "Print the runs, and train nothing.")
  boolean dryRun;

  @Mixin TrustOption trust = new TrustOption();

  SweepCommand(Console console, Interruption interruption) {
    super(console);
    this.interruption = interruption;
  }

  @Override
  int run(ObjectNode result) {
    DeviceList deviceList = DeviceList.parse(devices);
    int atOnce = jobs == null ? Math.max(1, deviceList.gpus().size()) : jobs;
    if (atOnce < 1) {
      throw new UsageException("--jobs must be at least 1, not " + atOnce);
    }
    SweepFile file = what.file();
    SweepFolder folder = what.folder(file);
    int threads = folder.threads(Math.max(1, Runtime.getRuntime().availableProcessors() / atOnce));
    SweepPlan.Options added = what.added(deviceList.device(), threads);
    SweepPlan plan = SweepPlan.of(file, added);
    SweepPlan.notes(file, added).forEach(console.out()::println);
    if (dryRun) {
      return print(plan, result);
    }
    if (spark != null) {
      return runOnSpark(folder, result);
    }
    result.put("sweep", folder.path().toString());
    result.put("runs", plan.runs().size());
    Trust trusted = trust.naming(what.namedFiles(), console);
    Map<String, String> permission = plan.permission(trusted);
    plan.compileNeurons(trusted);
    interruption.await();
    folder.write(what.text(), threads);
    ProcessRunner runner =
        new ProcessRunner(
            folder.processes(), permission, JavaLaunch.asThisProcess(), deviceList.gpus());
    List<RunResult> results;
    Optional<SweepPrinter.Speed> speed;
    try (SweepPrinter printer = new SweepPrinter(console, plan)) {
      results = Sweep.run(plan, folder, runner, atOnce, printer, interruption::requested);
      speed = printer.speed();
    }
    speed.ifPresent(known -> print(known, result));
    return report(result, folder, results);
  }

  private int print(SweepPlan plan, ObjectNode result) {
    ArrayNode ids = result.put("sweep", plan.name()).putArray("runs");
    for (SweepPlan.Run run : plan.runs()) {
      console.out().println(run.job().id());
      ids.add(run.job().id());
    }
    line("%d runs of sweep %s", plan.runs().size(), plan.name());
    return KlifCommand.DONE;
  }

  private void print(SweepPrinter.Speed speed, ObjectNode result) {
    line(
        "%d runs came to their end in %s: %.0f an hour",
        speed.runs(), ProgressPrinter.time(speed.seconds()), speed.runsPerHour());
    result.put("seconds", speed.seconds()).put("runsPerHour", speed.runsPerHour());
  }

  private int runOnSpark(SweepFolder folder, ObjectNode result) {
    if (!devices.isEmpty()) {
      throw new UsageException("--devices and --spark exclude each other: Spark assigns GPUs");
    }
    List<String> words = new ArrayList<>(List.of("sweep", what.sweep, "--master", spark));
    words.addAll(List.of("--out", folder.path().toString()));
    if (what.preset != null) {
      words.addAll(List.of("--preset", what.preset));
    }
    if (jobs != null) {
      words.addAll(List.of("--jobs", jobs.toString()));
    }
    if (what.data != null) {
      words.addAll(List.of("--data", what.dataFolder()));
    }
    what.settings.forEach(setting -> words.addAll(List.of("--set", setting)));
    if (trust.trust) {
      words.add("--trust");
    }
    return SparkLaunch.run(words, console, result);
  }

  private int report(ObjectNode json, SweepFolder folder, List<RunResult> results) {
    for (RunResult.State state : RunResult.State.values()) {
      json.put(state.token(), results.stream().filter(r -> r.state() == state).count());
    }
    json.put("results", folder.results().toString());
    console.out().println("results " + folder.results());
    console.out().println("table " + folder.table());
    List<Path> runs = Sweep.folders(folder, results);
    if (interruption.requested()) {
      console.out().println("interrupted; the same command goes on");
      return KlifCommand.INTERRUPTED;
    }
    if (!runs.isEmpty() && TrainCommand.canDraw()) {
      Comparison.write(runs, folder.comparison());
      console.out().println("comparison " + folder.comparison());
    }
    boolean complete =
        results.stream()
            .allMatch(
                r -> r.state() == RunResult.State.FINISHED || r.state() == RunResult.State.STOPPED);
    return complete ? KlifCommand.DONE : KlifCommand.FAILED;
  }
}
