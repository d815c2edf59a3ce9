import java.nio.file.Path;
import org.klif.api.*;

/** A training loop of one's own: OwnLoop [EPOCHS [SEED]]. */
final class OwnLoop {
  public static void main(String[] args) {
    int epochs = args.length > 0 ? Integer.parseInt(args[0]) : 20;
    long seed = args.length > 1 ? Long.parseLong(args[1]) : 1;
    try (SpikingNetwork network =
            SpikingNetwork.builder("c32k3 bn sn mp2 | c64k3 bn sn mp2 | fc128 bn sn | fc100 bn sn | vote10")
                .images(1, 8, 8).steps(4) // or .frames(channels, height, width)
                .neuron("klif").set("neuron.tau", "2.0") // any key of config.yaml that a network has
                .loss("mse").optimizer("adam", 2e-3)
                .device("auto").seed(seed).build();
        LabelledData digits = LabelledData.load("digits")) {
      for (int epoch = 1; epoch <= epochs; epoch++) {
        network.learningRate(Schedules.cosine(2e-3, epoch, epochs));
        double loss = 0;
        for (LabelledBatch batch : digits.train().batches(64, seed, epoch)) {
          StepResult step = network.train(batch.images(), batch.labels());
          loss += step.loss() * batch.labels().length / digits.train().size();
        }
        System.out.printf(
            "%d  loss %.4f  %.2f %%  k %.3f%n",
            epoch, loss, 100 * network.accuracy(digits.test()), network.parameter("2.klif.k")[0]);
      }
      network.save(Path.of("digits.safetensors"));
    }
  }
}
