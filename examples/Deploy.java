import java.nio.file.Files;
import java.nio.file.Path;
import org.klif.api.*;

/** A trained run, asked: Deploy [RUN]; trains two epochs into the folder where there is no run. */
final class Deploy {
  public static void main(String[] args) {
    Path folder = Path.of(args.length > 0 ? args[0] : "digits-run");
    if (!Files.exists(folder)) {
      TrainingResult result =
          Training.preset("digits").set("neuron.model", "lif").set("epochs", "2")
              .onEpoch(e -> System.out.println(e.epoch() + " " + e.testAccuracy())).run(folder);
      System.out.printf("trained %d epochs into %s%n", result.epochs(), result.folder());
    }
    try (SpikingNetwork network = SpikingNetwork.load(folder, "cpu"); // a run's folder, or a file that save wrote
        LabelledData digits = LabelledData.load("digits")) {
      float[] image = digits.test().sample(1);
      Prediction p = network.predict(image); // p.label(), p.rates()
      System.out.printf("class %d, predicted %d at %.2f%n", digits.test().label(1), p.label(), p.rates()[p.label()]);
      float[][] frames = {image, image, image, image};
      try (SpikingStream stream = network.stream()) { // one frame after the other, state kept
        for (float[] frame : frames) {
          p = stream.step(frame);
          System.out.printf("  so far %d at %.2f%n", p.label(), p.rates()[p.label()]);
        }
      }
    }
  }
}
