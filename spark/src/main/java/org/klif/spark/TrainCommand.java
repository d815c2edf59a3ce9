package org.klif.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.cli.TrainingOptions;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.Trust;
import org.klif.report.Report;
import org.klif.run.RunFolder;
import org.klif.spark.task.RunOrder;
import org.klif.sweep.RunOutcome;
import org.klif.sweep.RunStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains one network on several workers at once. */
@Command(
    name = "train",
    description =
        "Train one network, each batch shared out among workers of a barrier stage of Spark.",
    footer = {
      "",
      "The same bits as klif train --set shards=S, however many workers compute the shards.",
      "The folder must be on a file system that all machines share; --data is a folder on each."
    })
final class TrainCommand extends SparkCommand {
  @Mixin TrainingOptions what = new TrainingOptions();

  @Option(
      names = "--workers",
      paramLabel = "W",
      required = true,
      description = "Processes that train together.")
  int workers;

  @Option(
      names = "--shards",
      paramLabel = "S",
      description = "Parts of each batch, at least one a worker; otherwise one a worker.")
  Integer shards;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of one shard; otherwise spark.task.cpus over the shards of a worker.")
  Integer threads;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "Longest wait of a worker for another one that is alive (${DEFAULT-VALUE}).")
  long timeout;

  @Option(
      names = "--trust",
      description =
          "Run the neurons' files that the run or the file names: they are code, so read them first.")
  boolean trust;

  TrainCommand(Output output) {
    super(output);
  }

  @Override
  int run(Installation installation, ObjectNode result) {
    RunFolder resumed = what.resumed("--data, --workers, --timeout and --trust", threads, shards);
    if (workers < 1 || timeout < 1) {
      throw new UsageException("--workers and --timeout must be at least 1");
    }
    ConfigTree tree = resumed == null ? configuration() : null;
    RunConfig wanted = tree == null ? resumedConfig(resumed) : tree.build();
    if (wanted.shards() < workers) {
      throw new UsageException(
          "%d workers need at least as many shards, not %d".formatted(workers, wanted.shards()));
    }
    Trust trusted = Trust.of(tree == null ? Set.of() : tree.namedFiles(), trust, output::note);
    List<NeuronSource> neurons = wanted.readNeurons(null, trusted).sources();
    trusted.require(neurons);
    RunOrder.Launch launch = installation.launch(trusted.handOn(neurons));
    RunFolder folder = resumed == null ? unused(wanted) : whole(resumed.path());
    try (Cluster cluster =
        Cluster.open(installation, options, "klif train " + wanted.preset(), output::note)) {
      RunConfig complete =
          wanted.threads() > 0
              ? wanted
              : wanted.withThreads(Math.max(1, cluster.taskCpus() * workers / wanted.shards()));
      train(cluster, launch, complete, folder.path());
    }
    return report(result, folder);
  }

  private void train(Cluster cluster, RunOrder.Launch launch, RunConfig complete, Path folder) {
    Path processes = folder.resolveSibling(folder.getFileName() + ".workers");
    try {
      new ClusterTraining(cluster.spark(), launch, timeout)
          .run(
              complete,
              workers,
              folder,
              processes,
              (done, accuracy, loss) ->
                  output.line(
                      String.format(
                          Locale.ROOT,
                          "epoch %d/%d  test loss %.4f  test accuracy %.2f %%",
                          done,
                          complete.epochs(),
                          loss,
                          100 * accuracy)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KlifException("interrupted; go on with --resume " + folder, e);
    }
    if (RunStatus.of(folder, complete) != RunStatus.FINISHED) {
      throw new KlifException(
          "the workers ended, but the run in %s is not complete; see %s"
              .formatted(folder, processes));
    }
  }

  private RunFolder unused(RunConfig wanted) {
    RunFolder folder =
        what.out() == null
            ? RunFolder.unused(Path.of("runs").toAbsolutePath(), wanted)
            : whole(what.out());
    folder.requireUnused();
    return folder;
  }

  private static RunFolder whole(Path folder) {
    return new RunFolder(folder.toAbsolutePath().normalize());
  }

  private RunConfig resumedConfig(RunFolder folder) {
    if (!Files.exists(folder.last())) {
      throw new KlifException(folder.path() + " cannot be resumed: it has no checkpoint");
    }
    RunConfig read = folder.readConfig();
    return what.dataFolder() == null ? read : read.withDataFolder(what.dataFolder());
  }

  private ConfigTree configuration() {
    ConfigTree tree = what.configuration();
    TrainingOptions.set(tree, "threads", "--threads", threads);
    TrainingOptions.set(tree, "shards", "--shards", shards);
    RunConfig built = tree.build();
    return built.shards() >= workers || shards != null
        ? tree
        : tree.set("shards", Integer.toString(workers), "--workers " + workers);
  }

  private int report(ObjectNode json, RunFolder folder) {
    RunOutcome outcome = RunOutcome.read(folder.path());
    json.put("run", folder.path().toString());
    json.put("epochs", outcome.epochs());
    json.put("testAccuracy", outcome.testAccuracy());
    json.put("testLoss", outcome.testLoss());
    json.put("bestTestAccuracy", outcome.bestTestAccuracy());
    json.put("bestEpoch", outcome.bestEpoch());
    output.line("run folder " + folder.path());
    output.line("report " + Report.write(folder.path()));
    return DONE;
  }
}
