import java.nio.file.Path;
import org.klif.api.*;

/** Trains an epoch of mnist-small by a loop of one's own and prints samples a second: ApiEpoch DATA THREADS. */
final class ApiEpoch {
  public static void main(String[] args) {
    try (SpikingNetwork network =
            SpikingNetwork.builder("c32k3 bn sn mp2 | c64k3 bn sn mp2 | fc256 bn sn | fc100 bn sn | vote10")
                .images(1, 28, 28).steps(4).neuron("klif").set("initialisation", "pytorch")
                .loss("mse").optimizer("adam", 1e-3)
                .device("cpu").threads(Integer.parseInt(args[1])).seed(1).build();
        LabelledData mnist = LabelledData.load("mnist", Path.of(args[0]))) {
      long start = System.nanoTime();
      for (LabelledBatch batch : mnist.train().batches(128, 1, 1)) {
        network.train(batch.images(), batch.labels());
      }
      System.out.printf("%.1f%n", mnist.train().size() / ((System.nanoTime() - start) / 1e9));
    }
  }
}
