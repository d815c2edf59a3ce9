import java.io.*;
import java.nio.file.*;
import java.util.*;
import org.klif.api.*;

/**
 * Trains ten steps on random images through the library, and writes what scripts/torch-steps.py repeats in PyTorch:
 * TenSteps NETWORK CxHxW T BATCH DEVICE FOLDER. Of each step the images, the labels, the loss and all parameters behind it; big-endian
 * float32, and shapes.txt with the parameters' names and shapes.
 */
final class TenSteps {
  private static final int STEPS = 10;
  private static final int CLASSES = 10;

  public static void main(String[] args) throws IOException {
    int[] size = Arrays.stream(args[1].split("x")).mapToInt(Integer::parseInt).toArray();
    int batch = Integer.parseInt(args[3]);
    Path folder = Files.createDirectories(Path.of(args[5]));
    Random random = new Random(1);
    try (SpikingNetwork network =
            SpikingNetwork.builder(args[0]).images(size[0], size[1], size[2]).steps(Integer.parseInt(args[2])).neuron("klif")
                .loss("cross-entropy").optimizer("sgd", 0.1).device(args[4]).threads(1).seed(1).build();
        DataOutputStream out =
            new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(folder.resolve("steps.bin"))))) {
      List<String> shapes = new ArrayList<>();
      for (String name : network.parameters()) {
        shapes.add(name + " " + network.shape(name));
      }
      Files.write(folder.resolve("shapes.txt"), shapes);
      write(network, out);
      for (int step = 0; step < STEPS; step++) {
        float[] images = new float[batch * size[0] * size[1] * size[2]];
        int[] labels = new int[batch];
        for (int i = 0; i < images.length; i++) {
          images[i] = (float) random.nextGaussian();
        }
        for (int i = 0; i < batch; i++) {
          labels[i] = random.nextInt(CLASSES);
        }
        StepResult result = network.train(images, labels);
        write(images, out);
        for (int label : labels) {
          out.writeFloat(label);
        }
        out.writeFloat((float) result.loss());
        write(network, out);
      }
    }
  }

  private static void write(SpikingNetwork network, DataOutputStream out) throws IOException {
    for (String name : network.parameters()) {
      write(network.parameter(name), out);
    }
  }

  private static void write(float[] values, DataOutputStream out) throws IOException {
    for (float value : values) {
      out.writeFloat(value);
    }
  }
}
