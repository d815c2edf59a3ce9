package org.klif.gpucheck;

import com.google.common.base.CharMatcher;
import java.util.List;

/**
 * How much is run: all of it on a GPU, little elsewhere, so that the check itself can be tried.
 *
 * @param randomCases random neuron layers compared with the CPU
 * @param firstSteps T of the first kernel benchmark, as in --T
 * @param firstSizes as in --neurons
 * @param kernelSteps T of the whole kernel benchmark
 * @param kernelSizes as in --neurons
 * @param peerSizes numbers of neurons that PyTorch runs, too
 * @param networks what training steps are timed with
 * @param precisions of training steps, those that say most first
 * @param peerSeconds of timing, for each figure of PyTorch
 * @param digitsEpochs of the short training runs on digits
 * @param digitsNetwork in place of the preset's, or empty
 * @param mnistEpochs of those on MNIST; 0 for none
 */
record Scale(
    int randomCases,
    String firstSteps,
    String firstSizes,
    String kernelSteps,
    String kernelSizes,
    String peerSizes,
    List<Case> networks,
    List<String> precisions,
    double peerSeconds,
    int digitsEpochs,
    String digitsNetwork,
    int mnistEpochs) {

  /**
   * A network in training.
   *
   * @param name for the record
   * @param network as text
   * @param input CxHxW, or TxCxHxW with one frame a step (event data)
   * @param steps T
   * @param batch samples a step
   */
  record Case(String name, String network, String input, int steps, int batch) {
    private Case tiny() {
      boolean frames = CharMatcher.is('x').countIn(input) == 3;
      String small = frames ? "2x2x32x32" : input;
      return new Case(name, network.replaceAll("128|256|2048", "8"), small, 2, 2);
    }
  }

  private static final String BLOCK_256 = "c256k3 bn sn c256k3 bn sn c256k3 bn sn mp2 | ";
  private static final String BLOCK_128 = "c128k3 bn sn mp2 | ";
  private static final String TAIL = "dp fc2048nb sn | dp fc100nb sn | vote10";

  /**
   * The networks of the paper's data sets, with the T and batch of their recipes, and a small one.
   */
  private static final List<Case> PAPER =
      List.of(
          new Case("mnist", BLOCK_128 + BLOCK_128 + TAIL, "1x28x28", 8, 16),
          new Case("mnist-batch128", BLOCK_128 + BLOCK_128 + TAIL, "1x28x28", 8, 128),
          new Case(
              "cifar10",
              BLOCK_256 + BLOCK_256 + "dp fc2048nb sn | fc100nb sn | vote10",
              "3x32x32",
              10,
              16),
          new Case("cifar10dvs", BLOCK_128.repeat(4) + TAIL, "15x2x128x128", 15, 16));

  private static final String SMALL_DIGITS = "c8k3 bn sn mp2 | fc100 bn sn | vote10";

  /** Precisions of the kernels' benchmarks: matrix products, which tf32 is for, are in none. */
  List<String> kernelPrecisions() {
    return precisions.stream().filter(precision -> !precision.equals("tf32")).toList();
  }

  /** The paper's networks for MNIST and CIFAR-10, where they are among the networks. */
  List<Case> firstNetworks() {
    return networks.stream().filter(c -> c.name().matches("mnist|cifar10")).toList();
  }

  /** Whether a network is timed in that precision before all others. */
  boolean isFirst(Case c, String precision) {
    return firstNetworks().contains(c) && precisions.indexOf(precision) < 2;
  }

  static Scale of(String device) {
    return switch (device) {
      case "cpu" ->
          new Scale(
              5,
              "4",
              "65536",
              "4,8",
              "65536",
              "65536",
              PAPER.subList(0, 1).stream().map(Case::tiny).toList(),
              List.of("float32"),
              0.3,
              2,
              SMALL_DIGITS,
              0);
      case "sim" ->
          new Scale(
              10,
              "4",
              "1024",
              "4",
              "1024",
              "",
              PAPER.stream().map(Case::tiny).toList(),
              List.of("bf16", "float32"),
              0.3,
              2,
              SMALL_DIGITS,
              0);
      default ->
          new Scale(
              100,
              "4,16",
              "65536,1048576,16777216",
              "4,8,16,32",
              "65536,262144,1048576,4194304,16777216",
              "1048576,16777216",
              PAPER,
              List.of("bf16", "tf32", "float32"),
              2,
              60,
              "",
              3);
    };
  }
}
