package org.klif.run;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.io.AtomicFile;
import org.klif.io.JsonFile;
import org.klif.io.WholeFile;

/**
 * The content of {@code trace.json}: what the trained network does with one sample, and with the
 * test set. Time steps and neurons count from 0. A part that was not recorded is null (an object)
 * or empty (a list).
 *
 * @param dataset name of the data set
 * @param classNames one name a class
 * @param sample the traced sample
 * @param layers the neuron layers in network order
 * @param confusion test samples by true class (row) and predicted class (column)
 * @param synapticOperations the layers with weights in network order
 * @param energy energy of one operation, for the estimate
 * @param firingRates of the neuron layers in network order
 * @param parameters how many numbers the network learns; null in a file of a Klif that did not
 *     count them
 */
public record RunTrace(
    String dataset,
    List<String> classNames,
    Sample sample,
    List<Layer> layers,
    List<List<Integer>> confusion,
    List<SynapticOperations> synapticOperations,
    Energy energy,
    List<FiringRates> firingRates,
    @Nullable Long parameters) {

  public RunTrace {
    firingRates = copy(firingRates);
    classNames = copy(classNames);
    layers = copy(layers);
    check(parameters == null || parameters >= 0, "the number of parameters is negative");
    confusion = copy(confusion).stream().map(List::copyOf).toList();
    synapticOperations = copy(synapticOperations);
    for (List<Integer> row : confusion) {
      check(row.size() == confusion.size(), "confusion must be a square table");
      check(row.stream().allMatch(n -> n >= 0), "confusion holds a negative count");
    }
  }

  /** The name of a class, or its number where it has none. */
  public String className(int index) {
    return index < classNames.size() ? classNames.get(index) : Integer.toString(index);
  }

  /** Synaptic operations of all layers for one sample; NaN when none were counted. */
  public double operations() {
    return synapticOperations.isEmpty()
        ? Double.NaN
        : synapticOperations.stream().mapToDouble(layer -> layer.operations()).sum();
  }

  /** The estimate of their energy in picojoules; NaN when it cannot be made. */
  public double picojoules() {
    return synapticOperations.isEmpty() || energy == null
        ? Double.NaN
        : synapticOperations.stream().mapToDouble(energy::picojoules).sum();
  }

  /** One sample of the test set: its place there, its class and the class the network chose. */
  public record Sample(
      @JsonProperty(required = true) int index,
      @JsonProperty(required = true) int label,
      @JsonProperty(required = true) int prediction,
      Image image) {
    public Sample {
      check(label >= 0 && prediction >= 0, "a class of the sample is negative");
    }
  }

  /** An image, (channels, height, width) row-major, values 0 to 1. */
  public record Image(int channels, int height, int width, List<Float> pixels) {
    public Image {
      pixels = copy(pixels);
      check(channels > 0 && height > 0 && width > 0, "an image side is not positive");
      check(
          pixels.size() == Math.multiplyExact(Math.multiplyExact(channels, height), width),
          "the image has " + pixels.size() + " pixels, not channels * height * width");
    }
  }

  /**
   * The spikes of one neuron layer for the sample.
   *
   * @param name as in the columns of metrics.csv, e.g. {@code 3.klif}
   * @param steps T
   * @param neurons neurons in the layer
   * @param threshold V_th
   * @param spikes of the shown neurons
   * @param shown number of neurons sampled from the layer, at most 200 are useful
   * @param potential the membrane of one neuron, or null
   */
  public record Layer(
      @JsonProperty(required = true) String name,
      @JsonProperty(required = true) int steps,
      @JsonProperty(required = true) int neurons,
      @JsonProperty(required = true) double threshold,
      List<Spike> spikes,
      @JsonProperty(required = true) int shown,
      Potential potential) {
    public Layer {
      spikes = copy(spikes);
      check(name != null && !name.isBlank(), "a layer has no name");
      check(steps > 0 && neurons > 0, "layer " + name + " has no steps or no neurons");
      check(shown >= 0 && shown <= neurons, "layer " + name + " shows more neurons than it has");
      for (Spike spike : spikes) {
        check(
            spike.step() >= 0 && spike.step() < steps && spike.row() >= 0 && spike.row() < shown,
            "layer " + name + ": spike " + spike + " lies outside the raster");
      }
      check(
          potential == null || potential.f().size() == steps,
          "layer " + name + ": the membrane trace does not have " + steps + " steps");
    }
  }

  /** One spike, {@code [step, row]}: row counts the shown neurons, 0 to shown - 1. */
  @JsonFormat(shape = JsonFormat.Shape.ARRAY)
  @JsonPropertyOrder({"step", "row"})
  public record Spike(int step, int row) {}

  /**
   * The membrane of one neuron, an entry a time step.
   *
   * @param neuron its number in the layer
   * @param f potential that is compared with the threshold
   * @param s 1 where it spikes, else 0
   * @param v potential after the reset
   */
  public record Potential(
      int neuron,
      @JsonProperty("F") List<Float> f,
      @JsonProperty("S") List<Integer> s,
      @JsonProperty("V") List<Float> v) {
    public Potential {
      f = copy(f);
      s = copy(s);
      v = copy(v);
      check(f.size() == s.size() && f.size() == v.size(), "F, S and V differ in length");
    }
  }

  /** Whether an input that is 0 costs something. */
  public enum Kind {
    /** Real-valued input: each one is multiplied. */
    MAC,
    /** Input that comes from spikes: 0 costs nothing, 1 an addition, another value a product. */
    AC
  }

  /**
   * The work of one layer with weights for one sample, mean over the samples looked at.
   *
   * @param layer its name
   * @param kind what its input is
   * @param macs multiply-accumulates done densely, over all passes
   * @param operations those really needed: macs * inputRate for input from spikes, macs otherwise
   * @param inputRate share of the inputs that is not zero
   * @param passes how often the layer runs for one sample: T, or 1 for a layer ahead of the first
   *     neuron of a static image; 0 where unknown
   * @param multiplyAdds those of the operations whose input is no 1, so that it is multiplied: a
   *     mean of spikes, a sum of two branches; null in a file of a Klif that did not count them
   */
  public record SynapticOperations(
      @JsonProperty(required = true) String layer,
      @JsonProperty(required = true) Kind kind,
      @JsonProperty(required = true) double macs,
      @JsonProperty(required = true) double operations,
      @JsonProperty(required = true) double inputRate,
      int passes,
      @Nullable Double multiplyAdds) {
    public SynapticOperations {
      check(layer != null && kind != null, "synaptic operations without a layer or a kind");
      check(macs >= 0 && operations >= 0 && passes >= 0, layer + ": negative operations");
      check(
          multiplyAdds == null || (multiplyAdds >= 0 && multiplyAdds <= operations),
          layer + ": more multiply-adds than operations");
    }

    /**
     * Operations that multiply and add; what a file without their count says is that all are of the
     * layer's kind.
     */
    public double products() {
      return multiplyAdds != null ? multiplyAdds : kind == Kind.MAC ? operations : 0;
    }

    /** Operations that only add. */
    public double additions() {
      return operations - products();
    }
  }

  /** Energy of one operation in picojoules, and who measured it. */
  public record Energy(
      @JsonProperty(required = true) double macPicojoules,
      @JsonProperty(required = true) double acPicojoules,
      String source) {
    /** The figures that the SNN literature uses. */
    public static final Energy HOROWITZ_45_NM =
        new Energy(4.6, 0.9, "M. Horowitz, ISSCC 2014, 45 nm, 32-bit float");

    public Energy {
      check(macPicojoules > 0 && acPicojoules > 0, "the energy of an operation is not positive");
    }

    /** The estimate for a layer's operations, in picojoules. */
    public double picojoules(SynapticOperations layer) {
      return layer.additions() * acPicojoules + layer.products() * macPicojoules;
    }
  }

  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /**
   * Reads a trace file.
   *
   * @throws KlifException naming the file and what is wrong with it
   */
  public static RunTrace read(Path file) {
    return JsonFile.read(file, JSON, RunTrace.class, "trace", WholeFile.LARGEST);
  }

  /**
   * Writes the trace atomically.
   *
   * @throws KlifException when the file cannot be written
   */
  public void write(Path file) {
    try {
      AtomicFile.write(file, JSON.writeValueAsBytes(this));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("records that cannot be written as JSON", e);
    }
  }

  private static <T> List<T> copy(List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }

  private static void check(boolean valid, String message) {
    if (!valid) {
      throw new IllegalArgumentException(message);
    }
  }
}
