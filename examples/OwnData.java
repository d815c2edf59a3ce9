import java.util.Random;
import org.klif.api.*;

/** Arrays of one's own, a loss of one's own, spikes read back: is a line upright or level? */
final class OwnData {
  private static final int SIDE = 8;

  public static void main(String[] args) {
    Random random = new Random(1);
    int[] trainLabels = random.ints(600, 0, 2).toArray();
    int[] testLabels = random.ints(200, 0, 2).toArray();
    float[] trainImages = lines(trainLabels, random);
    float[] testImages = lines(testLabels, random);
    try (LabelledData mine =
            LabelledData.of(trainImages, trainLabels, testImages, testLabels, 1, SIDE, SIDE, 2);
        SpikingNetwork network =
            SpikingNetwork.builder("c8k3 bn sn mp2 | fc20 bn sn | vote10")
                .images(1, SIDE, SIDE).steps(4).optimizer("adam", 5e-3).seed(1).build()) {
      for (int epoch = 1; epoch <= 4; epoch++) {
        double loss = 0;
        for (LabelledBatch batch : mine.train().batches(50, 1L, epoch)) {
          StepResult step = network.train(batch.images(), batch.labels(), OwnData::hinge);
          loss = step.loss();
        }
        System.out.printf("%d  loss %.4f  %.1f %%%n", epoch, loss, 100 * network.accuracy(mine.test()));
      }
      float[] oneImage = mine.test().sample(0);
      SpikeRecord record = network.record(oneImage);
      float[] spikes = record.spikes("2.klif"); // (T, C, H, W), before pooling
      float[] potentials = record.potentials("2.klif");
      int fired = 0;
      for (float spike : spikes) {
        fired += (int) spike;
      }
      System.out.printf(
          "class %d, is %d: %d of %d neuron-steps of 2.klif fired; neuron 0 ends at V = %.3f%n",
          mine.test().label(0), record.prediction().label(), fired, spikes.length,
          potentials[3 * spikes.length / 4]);
    }
  }

  /** One line in each image, upright for class 0 and level for class 1, and noise around it. */
  private static float[] lines(int[] labels, Random random) {
    float[] images = new float[labels.length * SIDE * SIDE];
    for (int n = 0; n < labels.length; n++) {
      int place = random.nextInt(SIDE);
      for (int i = 0; i < SIDE * SIDE; i++) {
        boolean on = (labels[n] == 0 ? i % SIDE : i / SIDE) == place;
        images[n * SIDE * SIDE + i] = (on ? 1f : 0f) + 0.3f * (float) random.nextGaussian();
      }
    }
    return images;
  }

  /** At each step the right class is to lead by 1: output and gradient are (T, N, classes). */
  private static double hinge(float[] output, int[] labels, float[] gradient) {
    double loss = 0;
    int rows = output.length / 2;
    for (int row = 0; row < rows; row++) {
      int right = 2 * row + labels[row % labels.length];
      int wrong = 4 * row + 1 - right;
      double missing = 1 - (output[right] - output[wrong]);
      if (missing > 0) {
        loss += missing / rows;
        gradient[right] = -1f / rows;
        gradient[wrong] = 1f / rows;
      }
    }
    return loss;
  }
}
