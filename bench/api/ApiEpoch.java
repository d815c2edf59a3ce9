import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import org.klif.api.*;

/** Times 200 training steps of mnist-small by a loop of one's own: ApiEpoch DATA THREADS. */
final class ApiEpoch {
  private static final int BATCH = 128;
  private static final int STEPS = 200;

  public static void main(String[] args) {
    try (SpikingNetwork network =
            SpikingNetwork.builder("c32k3 bn sn mp2 | c64k3 bn sn mp2 | fc256 bn sn | fc100 bn sn | vote10")
                .images(1, 28, 28).steps(4).neuron("klif").set("initialisation", "pytorch")
                .loss("mse").optimizer("adam", 1e-3)
                .device("cpu").threads(Integer.parseInt(args[1])).seed(1).build();
        LabelledData mnist = LabelledData.load("mnist", Path.of(args[0]))) {
      Iterator<LabelledBatch> batches = mnist.train().batches(BATCH, 1, 1).iterator();
      double[] times = new double[STEPS];
      for (int step = -STEPS; step < STEPS; step++) {
        long start = System.nanoTime();
        LabelledBatch batch = batches.next();
        network.train(batch.images(), batch.labels());
        if (step >= 0) {
          times[step] = (System.nanoTime() - start) / 1e6;
        }
      }
      double sum = Arrays.stream(times).sum();
      System.out.printf("%.2f%n", sum / STEPS);
    }
  }
}
