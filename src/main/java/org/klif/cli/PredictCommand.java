package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.klif.UsageException;
import org.klif.data.RecordedFrames;
import org.klif.data.SampleFile;
import org.klif.run.RunFolder;
import org.klif.train.Classifier;
import org.klif.train.RunContext;
import org.klif.train.StreamClassifier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Classifies the samples of a file with the network of a run. */
@Command(
    name = "predict",
    description =
        "Classify an image (png, jpg, gif, bmp, pgm), the samples of a csv or idx file, or a"
            + " recording of events in the format of the run's data set (.bin or .aedat, plain, .gz"
            + " or .xz).")
final class PredictCommand extends JsonCommand {
  private static final int MOST_PRINTED = 10;

  @Mixin RunOptions options = new RunOptions();

  @Parameters(index = "1", paramLabel = "FILE", description = "The image, samples, or recording.")
  Path file;

  @Option(
      names = "--invert",
      description = "Swap black and white: MNIST-like sets are white on black.")
  boolean invert;

  @Option(
      names = "--white",
      paramLabel = "N",
      description =
          "Value of a white pixel in a csv file. Default: 1 when no value is larger; 16 for"
              + " digits when no value is larger; else 255.")
  Double white;

  @Option(
      names = "--label",
      paramLabel = "PLACE",
      description =
          "A csv file has a label in each line, which is left out: \"first\" or \"last\".")
  SampleFile.Label label;

  @Option(
      names = "--stream",
      description =
          "Advance one time step after the other and print the class so far after each; the last"
              + " is what is printed without it, to the bit.")
  boolean stream;

  PredictCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    requireWhite();
    RunFolder folder = options.folder();
    try (RunContext context = options.open(folder, null, console)) {
      console.opened(context.device());
      List<float[]> samples =
          context.entry().format().events() ? recordings(context) : images(context);
      options.load(context, folder, console);
      ArrayNode predictions = result.put("file", file.toString()).putArray("predictions");
      if (stream) {
        stream(context, samples, predictions);
      } else {
        classify(context, samples, predictions);
      }
    }
    return KlifCommand.DONE;
  }

  /** Pixels are divided by it in float32. */
  private void requireWhite() {
    if (white != null && !(white.floatValue() > 0 && Float.isFinite(white.floatValue()))) {
      throw new UsageException(
          "--white is the value of a white pixel: a finite number above 0 in float32, not "
              + white);
    }
  }

  private List<float[]> images(RunContext context) {
    if ((white != null || label != null) && !SampleFile.isCsv(file)) {
      throw new UsageException(
          "--white and --label are for csv files, and %s is none; leave them out".formatted(file));
    }
    return SampleFile.read(file, context.entry(), invert, white, label);
  }

  private List<float[]> recordings(RunContext context) {
    if (invert || white != null || label != null) {
      throw new UsageException(
          "--invert, --white and --label are for images, and %s has recordings of events"
              .formatted(context.entry().name()));
    }
    List<RecordedFrames> recordings = context.recordings(file);
    recordings.stream()
        .flatMap(recording -> recording.remarks().stream())
        .forEach(remark -> console.out().println("note: " + remark));
    return recordings.stream().map(RecordedFrames::values).toList();
  }

  private void classify(RunContext context, List<float[]> samples, ArrayNode predictions) {
    try (Classifier classifier = new Classifier(context)) {
      for (int i = 0; i < samples.size(); i++) {
        Classifier.Prediction prediction = classifier.classify(samples.get(i));
        add(predictions.addObject(), prediction);
        if (printed(i)) {
          print(head(samples, i), prediction);
        }
      }
    }
  }

  private void stream(RunContext context, List<float[]> samples, ArrayNode predictions) {
    try (StreamClassifier classifier = new StreamClassifier(context)) {
      for (int i = 0; i < samples.size(); i++) {
        int sample = i;
        boolean print = printed(i);
        ObjectNode entry = predictions.addObject();
        ArrayNode steps = entry.putArray("steps");
        Classifier.Prediction last =
            classifier.classify(
                samples.get(i),
                (step, prediction) -> {
                  add(steps.addObject(), prediction);
                  if (print) {
                    printStep(head(samples, sample), step, prediction);
                  }
                });
        add(entry, last);
        if (print) {
          print(head(samples, i), last);
        }
      }
    }
  }

  /** Whether a sample is printed; says once that the rest is not. */
  private boolean printed(int sample) {
    if (sample == MOST_PRINTED) {
      console.out().println("... (--json prints all)");
    }
    return sample < MOST_PRINTED;
  }

  private static String head(List<float[]> samples, int sample) {
    return samples.size() == 1 ? "" : "sample " + sample + ": ";
  }

  private void printStep(String head, int step, Classifier.Prediction prediction) {
    line(
        "%sstep %d: class %d, %s (%.3f)",
        head,
        step,
        prediction.index(),
        prediction.className(),
        prediction.rates().get(prediction.index()));
    console.out().flush();
  }

  private void print(String head, Classifier.Prediction prediction) {
    line("%sclass %d, %s", head, prediction.index(), prediction.className());
    List<Float> rates = prediction.rates();
    for (int c = 0; c < rates.size(); c++) {
      line(
          "  %-14s %.3f  %s",
          prediction.classNames().get(c),
          rates.get(c),
          "#".repeat(Math.max(0, Math.round(rates.get(c) * 40))));
    }
  }

  private static void add(ObjectNode entry, Classifier.Prediction prediction) {
    entry.put("class", prediction.index()).put("name", prediction.className());
    prediction.rates().forEach(entry.putArray("rates")::add);
  }
}
