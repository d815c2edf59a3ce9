package org.klif.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.Trust;
import org.klif.report.Report;
import org.klif.spark.task.RunOrder;
import org.klif.sweep.RunOutcome;
import org.klif.sweep.RunStatus;
import org.klif.config.ConfigTree;
import org.klif.config.Presets;
import org.klif.config.RunConfig;
import org.klif.run.RunFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Trains one network on several workers at once. */
@Command(
    name = "train",
    description =
        "Train one network, each batch shared out among workers of a barrier stage of Spark.",
    footer = {
      "",
      "The same bits as klif train --set shards=S, however many workers compute the shards.",
      "The folder must be on a file system that all machines share."
    })
final class TrainCommand extends SparkCommand {
  @Parameters(arity = "0..1", paramLabel = "PRESET", description = "What to train.")
  String preset;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Train what a config.yaml says, instead of a preset.")
  Path config;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "Go on with the run in DIR, from its newest checkpoint.")
  Path resume;

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

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training samples.")
  Integer epochs;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of everything random.")
  Long seed;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of one shard; otherwise spark.task.cpus over the shards of a worker.")
  Integer threads;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder with the data set's files, or its parent, on all machines.")
  Path data;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The run's folder, new or empty; otherwise runs/PRESET-NEURON-sSEED.")
  Path out;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Any other setting, as in --set neuron.tau=2.5; may be repeated.")
  List<String> settings = new ArrayList<>();

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
    if (Stream.of(preset, config, resume).filter(source -> source != null).count() != 1) {
      throw new UsageException(
          "train what? Name one preset (%s), or use --config FILE or --resume DIR"
              .formatted(String.join(", ", Presets.NAMES)));
    }
    if (workers < 1 || timeout < 1) {
      throw new UsageException("--workers and --timeout must be at least 1");
    }
    ConfigTree tree = resume == null ? configuration() : null;
    RunConfig wanted = tree == null ? resumed() : tree.build();
    if (wanted.shards() < workers) {
      throw new UsageException(
          "%d workers need at least as many shards, not %d".formatted(workers, wanted.shards()));
    }
    Trust trusted = Trust.of(tree == null ? Set.of() : tree.namedFiles(), trust, output::note);
    List<NeuronSource> neurons = wanted.readNeurons(null, trusted).sources();
    trusted.require(neurons);
    RunOrder.Launch launch = installation.launch(trusted.handOn(neurons));
    RunFolder folder = folder(wanted);
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

  private RunFolder folder(RunConfig wanted) {
    if (resume != null) {
      return new RunFolder(resume.toAbsolutePath().normalize());
    }
    RunFolder folder =
        out == null
            ? RunFolder.unused(Path.of("runs").toAbsolutePath(), wanted)
            : new RunFolder(out.toAbsolutePath().normalize());
    folder.requireUnused();
    return folder;
  }

  private RunConfig resumed() {
    boolean others =
        out != null
            || !settings.isEmpty()
            || Stream.of(epochs, seed, threads, shards).anyMatch(option -> option != null);
    if (others) {
      throw new UsageException(
          "--resume takes everything from the folder's config.yaml; only --data, --workers, --timeout and --trust may be given with it");
    }
    RunFolder folder = RunFolder.existing(resume);
    if (!Files.exists(folder.last())) {
      throw new KlifException(resume + " cannot be resumed: it has no checkpoint");
    }
    RunConfig read = folder.readConfig();
    return data == null ? read : read.withDataFolder(absolute(data));
  }

  private ConfigTree configuration() {
    ConfigTree tree = preset == null ? RunFolder.configTree(config) : ConfigTree.preset(preset);
    settings.forEach(tree::set);
    set(tree, "epochs", epochs);
    set(tree, "seed", seed);
    set(tree, "threads", threads);
    set(tree, "shards", shards);
    set(tree, "dataFolder", "--data", data == null ? null : absolute(data));
    RunConfig built = tree.build();
    return built.shards() >= workers || shards != null
        ? tree
        : tree.set("shards", Integer.toString(workers), "--workers " + workers);
  }

  private static void set(ConfigTree tree, String key, @Nullable Number value) {
    set(tree, key, "--" + key, value);
  }

  private static void set(ConfigTree tree, String key, String option, @Nullable Object value) {
    if (value != null) {
      tree.set(key, value.toString(), option + " " + value);
    }
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
