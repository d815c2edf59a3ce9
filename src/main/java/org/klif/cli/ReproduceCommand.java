package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Ascii;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.klif.UsageException;
import org.klif.neuron.file.Trust;
import org.klif.reproduce.Protocol;
import org.klif.reproduce.ReproduceOptions;
import org.klif.reproduce.ReproduceResult;
import org.klif.reproduce.Reproduction;
import org.klif.reproduce.TableFile;
import org.klif.sweep.ProcessRunner;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes the table of results. */
@Command(
    name = "reproduce",
    description =
        "Train what the table of results is made of, and write the table: KLIF beside LIF, PLIF and IF, over seeds.",
    footer = {
      "",
      "What is finished is left as it is, what was interrupted goes on: start it again as often as you like.",
      "Protocol a: best epoch on the test samples. Protocol b: epoch chosen on held-out training samples."
    })
final class ReproduceCommand extends JsonCommand {
  private final Interruption interruption;

  @Parameters(paramLabel = "ROW", description = "Rows of the table; without one, all of the scale.")
  List<String> rows = new ArrayList<>();

  @Option(
      names = "--scale",
      paramLabel = "NAME",
      defaultValue = "small",
      description =
          "small (default): minutes on a CPU; fast: the PLIF paper's networks for MNIST and Fashion-MNIST, and CIFAR-10 as JPEG files, half an hour a run in bf16; full: the PLIF paper's networks, for a GPU.")
  String scale;

  @Option(
      names = "--protocol",
      paramLabel = "NAME",
      defaultValue = "both",
      description = "a, b or both (default).")
  String protocol;

  @Option(
      names = "--neurons",
      paramLabel = "LIST",
      split = ",",
      description = "Other neurons than the table's, as in klif,lif.")
  List<String> neurons = new ArrayList<>();

  @Option(
      names = "--seeds",
      paramLabel = "LIST",
      split = ",",
      description = "Other seeds than the table's, as in 1,2,3,4,5.")
  List<Long> seeds = new ArrayList<>();

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description = "float32, tf32, bf16 or fp16, in place of the rows'.")
  String precision;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of a CPU for one run, in place of the rows'.")
  Integer threads;

  @Option(
      names = "--results",
      paramLabel = "DIR",
      description =
          "Folder that keeps config.yaml, metrics.csv and run.json of finished runs; what is in it counts as finished.")
  Path results;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder under which the data sets' folders are.")
  Path data;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "reproduce",
      description = "Folder of the tables and the runs; reproduce by default.")
  Path out;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description = "Runs at once; by default as many as the processors allow.")
  Integer jobs;

  @Option(
      names = "--budget",
      paramLabel = "TIME",
      description = "Do what fits, as in 8m or 2h; the rest is named, and goes on next time.")
  String budget;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "auto (default), cpu, cuda or cuda:N.")
  String device;

  @Option(
      names = "--table",
      paramLabel = "FILE",
      description = "Another table file than the program's.")
  Path table;

  @Mixin TrustOption trust = new TrustOption();

  @Option(names = "--dry-run", description = "Say what would be done, and do nothing.")
  boolean dryRun;

  ReproduceCommand(Console console, Interruption interruption) {
    super(console);
    this.interruption = interruption;
  }

  @Override
  int run(ObjectNode json) {
    Optional<Duration> time =
        budget == null
            ? Optional.empty()
            : Optional.of(Duration.ofNanos(Budget.parse(budget).nanos()));
    if (jobs != null && jobs < 1) {
      throw new UsageException("--jobs must be at least 1, not " + jobs);
    }
    ReproduceOptions options =
        new ReproduceOptions(
            scale,
            rows,
            protocols(),
            neurons.stream().map(Ascii::toLowerCase).toList(),
            seeds,
            Optional.ofNullable(precision),
            threads == null ? OptionalInt.empty() : OptionalInt.of(threads),
            Optional.ofNullable(results),
            Optional.ofNullable(data),
            device,
            jobs == null ? 0 : jobs,
            time);
    Trust trusted = trust.ofCommand(console);
    Reproduction reproduction =
        new Reproduction(
            table == null ? TableFile.standard() : TableFile.read(table),
            options,
            out,
            new ProcessRunner(out.resolve("processes"), trusted.handOn(List.of())),
            trusted,
            new ReproducePrinter(console),
            interruption::requested);
    ReproduceResult result;
    if (dryRun) {
      result = reproduction.dryRun();
    } else {
      interruption.await();
      result = reproduction.run();
    }
    print(result);
    fill(json, result);
    if (result.interrupted()) {
      return KlifCommand.INTERRUPTED;
    }
    return result.problems().isEmpty() ? KlifCommand.DONE : KlifCommand.FAILED;
  }

  private List<Protocol> protocols() {
    return switch (Ascii.toLowerCase(protocol)) {
      case "a" -> List.of(Protocol.A);
      case "b" -> List.of(Protocol.B);
      case "both" -> List.of(Protocol.A, Protocol.B);
      default -> throw new UsageException("--protocol takes a, b or both, not '" + protocol + "'");
    };
  }

  private void print(ReproduceResult result) {
    console.out().flush();
    result.problems().forEach(problem -> console.err().println("klif: " + problem));
    console.err().flush();
    result
        .tables()
        .ifPresent(
            tables ->
                line(
                    "%d lines of %d runs in %s.md, .csv and .html",
                    result.lines(), result.finished(), tables));
    if (!result.leftOut().isEmpty()) {
      line("%d runs are left; the same command goes on", result.leftOut().size());
    }
  }

  private void fill(ObjectNode json, ReproduceResult result) {
    json.put("lines", result.lines());
    json.put("finished", result.finished());
    result.leftOut().forEach(json.putArray("leftOut")::add);
    result.problems().forEach(json.putArray("problems")::add);
    json.put("interrupted", result.interrupted());
    json.put("out", out.toString());
    json.putNull("table");
    result.tables().ifPresent(tables -> json.put("table", tables + ".csv"));
  }
}
