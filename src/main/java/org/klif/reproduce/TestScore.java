package org.klif.reproduce;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.klif.KlifException;
import org.klif.config.RunConfig;
import org.klif.data.DatasetPair;
import org.klif.io.AtomicFile;
import org.klif.io.JsonFile;
import org.klif.io.WholeFile;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;
import org.klif.train.Evaluation;
import org.klif.train.Evaluator;
import org.klif.train.RunContext;
import org.klif.train.Trained;

/**
 * What the checkpoint that the validation samples chose does on the test samples (protocol B). It
 * is measured once and kept as {@code test.json} in the run's folder.
 *
 * @param epoch of the checkpoint
 * @param testAccuracy 0 to 1
 * @param testLoss mean over the samples
 * @param samples their number
 */
record TestScore(int epoch, double testAccuracy, double testLoss, int samples) {
  static final String FILE = "test.json";
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();

  TestScore {
    if (epoch < 1 || samples < 1 || !(testAccuracy >= 0 && testAccuracy <= 1)) {
      throw new IllegalArgumentException("not a score on test samples");
    }
  }

  /**
   * The score that was kept; nothing when it is of another epoch or cannot be read, in which case
   * it is simply measured again.
   *
   * @param epoch that the validation samples chose
   */
  static Optional<TestScore> kept(RunFolder folder, int epoch) {
    Path file = folder.path().resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      TestScore score = JsonFile.read(file, JSON, TestScore.class, "score", WholeFile.LARGEST_TEXT);
      return score.epoch() == epoch ? Optional.of(score) : Optional.empty();
    } catch (KlifException e) {
      return Optional.empty();
    }
  }

  /**
   * Measures the best checkpoint on all test samples, and keeps the score.
   *
   * @param dataFolder where the data is now
   * @param trust says which neurons from files may run
   * @param notes is told of recordings that become frames
   */
  static TestScore measure(
      RunFolder folder, String dataFolder, Trust trust, Consumer<String> notes) {
    RunConfig config = folder.readConfig().withDataFolder(dataFolder);
    try (RunContext context = RunContext.open(config, folder, trust)) {
      Trained trained = context.load(folder.best());
      try (DatasetPair data = context.loadWhole(notes);
          Evaluator evaluator =
              new Evaluator(context.config(), context.entry(), context.network(), data.test())) {
        Evaluation evaluation = evaluator.run();
        TestScore score =
            new TestScore(
                trained.epochs(), evaluation.accuracy(), evaluation.loss(), evaluation.samples());
        AtomicFile.write(folder.path().resolve(FILE), JSON.valueToTree(score) + "\n");
        return score;
      }
    }
  }
}
