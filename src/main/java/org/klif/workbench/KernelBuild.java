package org.klif.workbench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.klif.KlifException;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.device.compile.KernelCache;
import org.klif.io.AtomicFile;
import org.klif.neuron.Neuron;
import org.klif.tensor.ActivationShape;

/**
 * A neuron's compilation for a device.
 *
 * @param folder of the cache
 * @param made files that were not there before; none when all were
 * @param seconds that it took
 */
public record KernelBuild(Path folder, List<Path> made, double seconds) {
  private static final double NANOS_PER_SECOND = 1e9;

  /** Copies the list. */
  public KernelBuild {
    made = List.copyOf(made);
  }

  /**
   * Compiles, or finds what was compiled before.
   *
   * @throws KlifException with the user's file and line, or with what to install
   */
  public static KernelBuild of(Device device, Neuron.Custom neuron) {
    Path folder = KernelCache.standard().folder();
    TreeSet<Path> before = files(folder);
    long begin = System.nanoTime();
    ActivationShape shape = new ActivationShape(1, false, 1, 1, 1, 1);
    NeuronUnit unit = device.neuronUnit(new NeuronUnit.Spec(neuron, shape, false, null, false));
    unit.close();
    double seconds = (System.nanoTime() - begin) / NANOS_PER_SECOND;
    TreeSet<Path> after = files(folder);
    after.removeAll(before);
    return new KernelBuild(folder, List.copyOf(after), seconds);
  }

  private static TreeSet<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      return new TreeSet<>();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return new TreeSet<>(all.filter(Files::isRegularFile).toList());
    } catch (IOException e) {
      throw new KlifException("Cannot read " + folder + ": " + AtomicFile.reason(e), e);
    }
  }
}
