package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalDouble;
import org.klif.data.DatasetPair;
import org.klif.profile.PeakMemory;
import org.klif.run.RunFolder;
import org.klif.train.Evaluation;
import org.klif.train.Evaluator;
import org.klif.train.RunContext;
import org.klif.train.Trained;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Tests the network of a run on the data set's test samples. */
@Command(name = "eval", description = "Test a trained network on the data set's test samples.")
final class EvalCommand extends JsonCommand {
  @Mixin RunOptions options = new RunOptions();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder with the data set's files, or its parent.")
  Path data;

  EvalCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    RunFolder folder = options.folder();
    String place = data == null ? null : data.toAbsolutePath().normalize().toString();
    try (RunContext context = options.open(folder, place, console)) {
      console.opened(context.device());
      Trained trained = options.load(context, folder, console);
      Evaluation evaluation;
      try (DatasetPair pair = context.loadWhole(CacheBar.on(console));
          Evaluator evaluator =
              new Evaluator(context.config(), context.entry(), context.network(), pair.test())) {
        pair.test().remarks().forEach(remark -> console.out().println("note: " + remark));
        evaluation = evaluator.run();
      }
      Results.put(
          result,
          trained.last(),
          trained.epochs(),
          trained.bestTestAccuracy(),
          trained.bestEpoch());
      result.put("run", folder.path().toString());
      result.put("checkpoint", options.checkpoint);
      result.put("T", context.config().steps());
      result.put("testAccuracy", evaluation.accuracy());
      result.put("testLoss", evaluation.loss());
      result.put("samples", evaluation.samples());
      Results.put(result, "secondsPerEpoch", folder.medianSecondsPerEpoch());
      Results.put(result, "imagesPerSecond", OptionalDouble.of(evaluation.imagesPerSecond()));
      Results.put(result, "peakResidentBytes", PeakMemory.bytes());
      print(context, trained, evaluation);
    }
    return KlifCommand.DONE;
  }

  private void print(RunContext context, Trained trained, Evaluation evaluation) {
    line(
        "%s, checkpoint %s after epoch %d: test accuracy %.2f %%, test loss %.4f"
            + " (%d samples, %,.0f samples/s)",
        context.entry().name(),
        options.checkpoint,
        trained.epochs(),
        100 * evaluation.accuracy(),
        evaluation.loss(),
        evaluation.samples(),
        evaluation.imagesPerSecond());
    for (Map.Entry<String, Double> rate : evaluation.rates().entrySet()) {
      line("  %-12s fires at %.2f %%", rate.getKey(), 100 * rate.getValue());
    }
  }
}
