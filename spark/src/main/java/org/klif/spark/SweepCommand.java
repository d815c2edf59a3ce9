package org.klif.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.klif.UsageException;
import org.klif.cli.SweepOptions;
import org.klif.neuron.file.Trust;
import org.klif.report.Comparison;
import org.klif.sweep.RunResult;
import org.klif.sweep.Sweep;
import org.klif.sweep.SweepFile;
import org.klif.sweep.SweepFolder;
import org.klif.sweep.SweepPlan;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The same as klif sweep, each run a task of Spark. */
@Command(
    name = "sweep",
    description = "Train every combination of what a sweep file varies, each run a task of Spark.",
    footer = {
      "",
      "Started again it goes on where it was. The folder must be on a file system that all machines share;",
      "--data is a folder on each."
    })
final class SweepCommand extends SparkCommand {
  private static final int MOST_AT_ONCE = 1000;

  @Mixin SweepOptions what = new SweepOptions();

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description = "Most runs that Spark is asked for at once; otherwise all.")
  int jobs = MOST_AT_ONCE;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of each run that names none; otherwise spark.task.cpus.")
  int threads;

  @Option(
      names = "--trust",
      description =
          "Run the neurons' files that the sweep's file names: they are code, so read them first.")
  boolean trust;

  SweepCommand(Output output) {
    super(output);
  }

  @Override
  int run(Installation installation, ObjectNode result) {
    if (jobs < 1 || threads < 0) {
      throw new UsageException("--jobs must be at least 1, and --threads not negative");
    }
    SweepFile file = what.file();
    SweepFolder folder = new SweepFolder(what.folder(file).path().toAbsolutePath().normalize());
    // ahead of all work on the cluster: what is wrong with the file is said at once
    SweepPlan first = plan(file, folder, 1);
    Map<String, String> permission =
        first.permission(Trust.of(what.namedFiles(), trust, output::note));
    try (Cluster cluster =
        Cluster.open(installation, options, "klif sweep " + file.name(), output::note)) {
      int each = folder.threads(threads > 0 ? threads : cluster.taskCpus());
      SweepPlan plan = plan(file, folder, each);
      folder.write(what.text(), each);
      ClusterRunner runner =
          new ClusterRunner(cluster.spark(), folder.processes(), installation.launch(permission));
      List<RunResult> results =
          Sweep.run(
              plan,
              folder,
              runner,
              Math.min(jobs, Math.max(1, plan.runs().size())),
              new SweepPrinter(output, plan),
              () -> false);
      return report(result, folder, results);
    }
  }

  private SweepPlan plan(SweepFile file, SweepFolder folder, int each) {
    return SweepPlan.of(file, what.added("", folder.threads(each)));
  }

  private int report(ObjectNode json, SweepFolder folder, List<RunResult> results) {
    json.put("sweep", folder.path().toString());
    json.put("runs", results.size());
    boolean complete = true;
    for (RunResult.State state : RunResult.State.values()) {
      long number = results.stream().filter(r -> r.state() == state).count();
      json.put(state.token(), number);
      complete &=
          number == 0 || state == RunResult.State.FINISHED || state == RunResult.State.STOPPED;
    }
    json.put("results", folder.results().toString());
    List<Path> runs = Sweep.folders(folder, results);
    if (!runs.isEmpty()) {
      Comparison.write(runs, folder.comparison());
      output.line("comparison " + folder.comparison());
    }
    output.line("results " + folder.results());
    output.line("table " + folder.table());
    return complete ? DONE : FAILED;
  }
}
