import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.api.*;

/** KLIF, LIF and a neuron from a file on the digits, and a chart: CompareNeurons [EPOCHS]. */
final class CompareNeurons {
  private static final List<String> COLOURS = List.of("#0072b2", "#d55e00", "#009e73");

  public static void main(String[] args) throws IOException {
    int epochs = args.length > 0 ? Integer.parseInt(args[0]) : 10;
    Map<String, List<Double>> curves = new LinkedHashMap<>();
    try (LabelledData digits = LabelledData.load("digits")) {
      for (String neuron : List.of("klif", "lif", "alif")) { // alif comes as a file; yours: "./mine.cuh"
        curves.put(neuron, accuracies(neuron, epochs, digits));
        System.out.printf("%-5s %.2f %%%n", neuron, 100 * curves.get(neuron).get(epochs - 1));
      }
    }
    Path chart = Path.of("neurons.svg");
    Files.writeString(chart, svg(curves, epochs));
    System.out.println("chart " + chart);
  }

  private static List<Double> accuracies(String neuron, int epochs, LabelledData digits) {
    List<Double> accuracies = new ArrayList<>();
    try (SpikingNetwork network =
        SpikingNetwork.builder("c16k3 bn sn mp2 | fc100 bn sn | vote10")
            .images(1, 8, 8).steps(4).neuron(neuron).optimizer("adam", 2e-3).seed(1).build()) {
      for (int epoch = 1; epoch <= epochs; epoch++) {
        for (LabelledBatch batch : digits.train().batches(64, 1L, epoch)) {
          network.train(batch.images(), batch.labels());
        }
        accuracies.add(network.accuracy(digits.test()));
      }
    }
    return accuracies;
  }

  /** Accuracy from 80 to 100 % over the epochs. */
  private static String svg(Map<String, List<Double>> curves, int epochs) {
    StringBuilder svg = new StringBuilder();
    svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 460 240\" font-family=\"sans-serif\" font-size=\"12\">\n");
    for (int percent = 80; percent <= 100; percent += 5) {
      int y = 220 - 10 * (percent - 80);
      svg.append("<path d=\"M40 %d H400\" stroke=\"#ddd\"/><text x=\"4\" y=\"%d\">%d %%</text>\n".formatted(y, y + 4, percent));
    }
    int number = 0;
    for (Map.Entry<String, List<Double>> curve : curves.entrySet()) {
      StringBuilder points = new StringBuilder();
      for (int i = 0; i < epochs; i++) {
        double y = 220 - 10 * Math.max(0, 100 * curve.getValue().get(i) - 80);
        points.append("%d,%.1f ".formatted(40 + 360 * (i + 1) / epochs, y));
      }
      String colour = COLOURS.get(number++);
      svg.append("<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n".formatted(points, colour));
      svg.append("<text x=\"408\" y=\"%d\" fill=\"%s\">%s</text>\n".formatted(20 * number, colour, curve.getKey()));
    }
    return svg.append("</svg>\n").toString();
  }
}
