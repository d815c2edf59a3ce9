package org.klif.device.compile;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronSource;

/**
 * The CUDA C++ of a user's neuron for one type of activations: its text behind
 * cuda-kernels/custom/custom_entries.cuh, and the entries that are needed. With smooth spikes
 * (gradient checks) these are those of single neurons alone.
 *
 * @param name of the neuron
 * @param lanes neighbours that a thread of layout Vec carries; 1 when there is no such layout
 * @param text what a compiler is given
 * @param entries the kernels in it
 * @param sources the user's files, for errors
 */
public record CudaText(
    String name, int lanes, String text, List<Entry> entries, List<NeuronSource> sources) {
  /** The header that the text includes. */
  public static final String HEADER = "custom/custom_entries.cuh";

  /**
   * Bound of lanes times states and learned parameters: so many leave a kernel at some 170
   * registers or below (docs/KERNELS.md), which is three blocks on a multiprocessor.
   */
  private static final int MOST_NUMBERS = 20;

  /** Bytes of the widest load. */
  private static final int PACK = 16;

  /** sizeof(SequenceShape) in cuda-kernels/neuron/lanes.cuh. */
  private static final int SHAPE = 56;

  private static final int FORWARD_POINTERS = 10;
  private static final int BACKWARD_POINTERS = 17;

  /**
   * A kernel.
   *
   * @param parameterBytes size of each of its parameters
   */
  public record Entry(String name, List<Integer> parameterBytes) {
    /** Copies the list. */
    public Entry {
      parameterBytes = List.copyOf(parameterBytes);
    }
  }

  /** Copies the lists. */
  public CudaText {
    entries = List.copyOf(entries);
    sources = List.copyOf(sources);
  }

  /** Without a gradient that all spikes have. */
  public static CudaText of(Neuron.Custom neuron, boolean smooth, CudaType type) {
    return of(neuron, smooth, false, type);
  }

  /**
   * The text of a neuron.
   *
   * @param everySpike backward is given a gradient that all spikes have
   * @throws org.klif.KlifException with file and line when a brace, quote or comment is left open
   */
  public static CudaText of(
      Neuron.Custom neuron, boolean smooth, boolean everySpike, CudaType type) {
    String name = neuron.model().name();
    int lanes = smooth ? 1 : lanes(neuron.model(), type);
    StringBuilder text = new StringBuilder("#include \"%s\"\n".formatted(HEADER));
    text.append(ModelText.of(neuron, smooth));
    text.append("#line 1 \"klif:entries\"\n");
    List<Entry> entries = new ArrayList<>();
    for (boolean vec : lanes > 1 ? new boolean[] {true, false} : new boolean[] {false}) {
      String layout = vec ? "Vec" : "One";
      text.append(
          String.format(
              Locale.ROOT,
              "typedef Neighbours<%s, %d> %s;\n",
              type.text(),
              vec ? lanes : 1,
              layout));
      for (boolean forward : new boolean[] {true, false}) {
        String entry = entry(name, forward, vec, type);
        String what = "%s, %s, %s".formatted(entry, layout, type.text());
        text.append(
            forward
                ? "CUSTOM_FORWARD(%s)\n".formatted(what)
                : "CUSTOM_BACKWARD(%s, %s)\n".formatted(what, everySpike));
        entries.add(new Entry(entry, parameters(forward ? FORWARD_POINTERS : BACKWARD_POINTERS)));
      }
    }
    return new CudaText(name, lanes, text.toString(), entries, ModelText.sources(neuron));
  }

  /** Name of a kernel, as alifForwardVec_f32. */
  public static String entry(String neuron, boolean forward, boolean vec, CudaType type) {
    return neuron + (forward ? "Forward" : "Backward") + (vec ? "Vec" : "One") + type.suffix();
  }

  /** Neighbours of a thread: a power of two, fewer for a neuron of many numbers. */
  private static int lanes(NeuronModel model, CudaType type) {
    int numbers = model.states().size() + model.learned().size();
    int lanes = PACK / type.bytes();
    while (lanes > 1 && lanes * numbers > MOST_NUMBERS) {
      lanes /= 2;
    }
    return lanes;
  }

  private static List<Integer> parameters(int pointers) {
    List<Integer> bytes = new ArrayList<>(Collections.nCopies(pointers, Long.BYTES));
    bytes.add(SHAPE);
    return bytes;
  }
}
