package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.klif.train.Classifier;
import org.klif.train.RunContext;
import org.klif.train.RunFolder;
import org.klif.train.SampleFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Classifies images in a file with the network of a run. */
@Command(
    name = "predict",
    description =
        "Classify an image (png, jpg, gif, bmp, pgm), or the samples of a csv or idx file.")
final class PredictCommand extends JsonCommand {
  private static final int MOST_PRINTED = 10;

  @Mixin RunOptions options = new RunOptions();

  @Parameters(index = "1", paramLabel = "FILE", description = "The image, or samples.")
  Path file;

  @Option(
      names = "--invert",
      description = "Swap black and white: MNIST-like sets are white on black.")
  boolean invert;

  @Option(
      names = "--white",
      paramLabel = "N",
      description =
          "Value of a white pixel in a csv file. Default: 16 for digits; otherwise 1 when no value"
              + " is larger, else 255.")
  Double white;

  PredictCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    RunFolder folder = options.folder();
    try (RunContext context = options.open(folder, null)) {
      List<float[]> samples = SampleFile.read(file, context.entry(), invert, white);
      context.load(options.checkpoint(folder));
      ArrayNode predictions = result.put("file", file.toString()).putArray("predictions");
      try (Classifier classifier = new Classifier(context)) {
        for (int i = 0; i < samples.size(); i++) {
          Classifier.Prediction prediction = classifier.classify(samples.get(i));
          add(predictions.addObject(), prediction);
          if (i < MOST_PRINTED) {
            print(samples.size() == 1 ? "" : "sample " + i + ": ", prediction);
          } else if (i == MOST_PRINTED) {
            console.out().println("... (--json prints all)");
          }
        }
      }
    }
    return KlifCommand.DONE;
  }

  private void print(String head, Classifier.Prediction prediction) {
    console
        .out()
        .printf(Locale.ROOT, "%sclass %d, %s%n", head, prediction.index(), prediction.className());
    List<Float> rates = prediction.rates();
    for (int c = 0; c < rates.size(); c++) {
      console
          .out()
          .printf(
              Locale.ROOT,
              "  %-14s %.3f  %s%n",
              prediction.classNames().get(c),
              rates.get(c),
              "#".repeat(Math.max(0, Math.round(rates.get(c) * 40))));
    }
  }

  private static void add(ObjectNode entry, Classifier.Prediction prediction) {
    entry.put("class", prediction.index()).put("name", prediction.className());
    ArrayNode rates = entry.putArray("rates");
    prediction.rates().forEach(rates::add);
  }
}
