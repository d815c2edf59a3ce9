package org.klif.data.events;

import com.google.common.base.Splitter;
import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.object.datatype.FixedPoint;
import io.jhdf.object.datatype.FloatingPoint;
import io.jhdf.object.datatype.VariableLength;
import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.Arrays;
import org.klif.KlifException;
import org.klif.io.Hdf5;

/**
 * Many recordings of spike trains in one HDF5 file, as the Spiking Heidelberg Digits and the
 * Spiking Speech Commands have them (B. Cramer et al. 2020): {@code spikes/times} in seconds and
 * {@code spikes/units}, each a list of any length for each recording, and {@code labels}.
 *
 * <p>An event has its unit as x, y 0 and polarity 0. Recordings are read one by one; nothing but
 * the labels stays in memory. For one thread at a time.
 */
public final class SpikeTrainFile implements AutoCloseable {
  /** How such a file begins. */
  static final String MAGIC = "\u0089HDF\r\n\u001a\n";

  private static final String DAMAGE =
      "it is cut short, still packed, or damaged; unpack a .gz with gunzip, or get the file again";

  /** More than any set has; keeps a damaged file from asking for all memory. */
  private static final int MOST_RECORDINGS = 1 << 20;

  private static final double MICROS = 1e6;

  /** A day: no time of a sound is later. */
  private static final double LATEST_SECONDS = 86_400;

  private final Path file;
  private final HdfFile hdf;
  private final Dataset times;
  private final Dataset units;
  private final long[] labels;

  private SpikeTrainFile(Path file, HdfFile hdf) {
    this.file = file;
    this.hdf = hdf;
    this.times = lists("spikes/times", FloatingPoint.class, "floating-point numbers");
    this.units = lists("spikes/units", FixedPoint.class, "whole numbers");
    Dataset classes = dataset("labels");
    if (!(classes.getDataType() instanceof FixedPoint)) {
      throw wrong("labels are no whole numbers");
    }
    int recordings = size(times, "spikes/times");
    int ofUnits = size(units, "spikes/units");
    int ofClasses = size(classes, "labels");
    if (ofUnits != recordings || ofClasses != recordings) {
      throw wrong(
          "spikes/times, spikes/units and labels are of %d, %d and %d recordings"
              .formatted(recordings, ofUnits, ofClasses));
    }
    this.labels = new long[recordings];
    Object all = recordings == 0 ? new int[0] : classes.getData();
    for (int i = 0; i < recordings; i++) {
      labels[i] = ((Number) Array.get(all, i)).longValue();
    }
  }

  /**
   * Opens a file.
   *
   * @throws KlifException when it is no such file, or damaged
   */
  public static SpikeTrainFile open(Path file) {
    HdfFile hdf = Hdf5.open(file, DAMAGE);
    try {
      return Hdf5.sound(file, DAMAGE, () -> new SpikeTrainFile(file, hdf));
    } catch (RuntimeException | Error e) {
      hdf.close();
      throw e;
    }
  }

  /** Number of recordings. */
  public int recordings() {
    return labels.length;
  }

  /**
   * The class of recording {@code i}.
   *
   * @throws KlifException when it is not one of so many
   */
  public int label(int i, int classes) {
    if (labels[i] < 0 || labels[i] >= classes) {
      throw new KlifException(
          "%s: the label %d is not one of 0 to %d; get the file again, or use it for the set that it is of"
              .formatted(name(i), labels[i], classes - 1));
    }
    return (int) labels[i];
  }

  /**
   * The spikes of recording {@code i}.
   *
   * @param all units are 0 to {@code all - 1}
   * @throws KlifException when it holds none, or some that cannot be
   */
  public Events recording(int i, int all) {
    String name = name(i);
    Object seconds = list(times, i);
    Object numbers = list(units, i);
    int spikes = Array.getLength(seconds);
    if (Array.getLength(numbers) != spikes) {
      throw new KlifException(
          "%s has %d times and %d units; get the file again"
              .formatted(name, spikes, Array.getLength(numbers)));
    }
    if (spikes == 0) {
      throw new KlifException(name + " holds no spike; get the file again");
    }
    Events.Builder events = Events.builder(name, Math.min(spikes, Events.LARGEST));
    for (int spike = 0; spike < spikes; spike++) {
      double time = ((Number) Array.get(seconds, spike)).doubleValue();
      long unit = ((Number) Array.get(numbers, spike)).longValue();
      if (!(time >= 0 && time <= LATEST_SECONDS)) {
        throw new KlifException(
            "%s: spike %d has the time %s; times are seconds from 0 on; get the file again"
                .formatted(name, spike, time));
      }
      if (unit < 0 || unit >= all) {
        throw new KlifException(
            "%s: spike %d is of unit %d; units are 0 to %d; get the file again"
                .formatted(name, spike, unit, all - 1));
      }
      events.accept((int) unit, 0, 0, Math.round(time * MICROS));
    }
    return events.build();
  }

  private Object list(Dataset data, int i) {
    return Hdf5.sound(
        file, DAMAGE, () -> Array.get(data.getData(new long[] {i}, new int[] {1}), 0));
  }

  private String name(int i) {
    return file + ", recording " + i;
  }

  private Dataset lists(String path, Class<?> numbers, String what) {
    Dataset data = dataset(path);
    boolean right =
        data.getDataType() instanceof VariableLength list && numbers.isInstance(list.getParent());
    if (!right) {
      throw wrong("%s holds no lists of %s".formatted(path, what));
    }
    return data;
  }

  private Dataset dataset(String path) {
    Node node = hdf;
    for (String name : Splitter.on('/').split(path)) {
      node = node instanceof Group group ? group.getChild(name) : null;
    }
    if (node instanceof Dataset data) {
      return data;
    }
    throw new KlifException(
        "%s has no dataset %s: it is no file of SHD or SSC".formatted(file, path));
  }

  /** How many elements a list of one dimension has; nothing of them is read. */
  private int size(Dataset data, String path) {
    int[] sizes = data.getDimensions();
    int[] chunk =
        data instanceof ChunkedDataset chunked ? chunked.getChunkDimensions() : new int[] {1};
    boolean few = Arrays.stream(chunk).allMatch(edge -> edge >= 1 && edge <= MOST_RECORDINGS);
    if (sizes.length != 1 || chunk.length != 1 || sizes[0] > MOST_RECORDINGS || !few) {
      throw wrong(
          "%s has the size %s in chunks of %s; it should be one list of at most %d recordings"
              .formatted(path, Arrays.toString(sizes), Arrays.toString(chunk), MOST_RECORDINGS));
    }
    return sizes[0];
  }

  private KlifException wrong(String what) {
    return new KlifException("%s: %s; it is no file of SHD or SSC".formatted(file, what));
  }

  @Override
  public void close() {
    hdf.close();
  }
}
