package org.klif.api;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.data.Normalisation;
import org.klif.data.SampleShape;
import org.klif.device.Device;
import org.klif.device.Devices;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.neuron.file.Trust;
import org.klif.nn.Network;
import org.klif.run.RunFolder;
import org.klif.train.NetworkFile;
import org.klif.train.RunContext;
import org.klif.train.SampleInput;

/**
 * A network on its device, wherever it came from.
 *
 * @param owner closes network and device
 */
record OpenedNetwork(
    RunConfig config, Network network, SampleInput input, List<String> classNames, Runnable owner)
    implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("org.klif");
  private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

  /** A new network of the settings. */
  static OpenedNetwork of(ConfigTree tree, SampleShape shape, Normalisation normalisation) {
    RunConfig config = tree.build();
    SampleInput input = new SampleInput(shape, config.encoding(), normalisation, config.seed());
    return of(config, input, List.of(), trust(tree.namedFiles(), false));
  }

  private static OpenedNetwork of(
      RunConfig config, SampleInput input, List<String> classNames, Trust trust) {
    NeuronLibrary neurons = config.readNeurons(null, trust);
    trust.require(neurons.sources());
    Device device = Devices.open(config.device(), config.deviceOptions(null));
    try {
      say(device);
      Network network =
          Network.create(
              device,
              config.networkSpec(),
              config.networkOptions(input.encoded()).withNeurons(neurons));
      List<String> names =
          classNames.isEmpty()
              ? IntStream.range(0, network.outputs()).mapToObj(Integer::toString).toList()
              : classNames;
      return new OpenedNetwork(
          config.withDevice(device.info().name()),
          network,
          input,
          names,
          () -> {
            try (device) {
              network.close();
            }
          });
    } catch (RuntimeException | Error e) {
      device.close();
      throw e;
    }
  }

  /** A run's network, or one that was saved. */
  static OpenedNetwork load(Path path, String device, boolean trust) {
    if (Files.isRegularFile(path)) {
      NetworkFile file = NetworkFile.read(path);
      OpenedNetwork opened =
          of(
              file.config().onDevice(device),
              file.input(),
              file.classNames(),
              trust(Set.of(), trust));
      try {
        file.load(opened.network());
        return opened;
      } catch (RuntimeException | Error e) {
        opened.close();
        throw e;
      }
    }
    RunFolder folder = RunFolder.existing(path);
    RunContext context =
        RunContext.open(folder.readConfig().onDevice(device), folder, trust(Set.of(), trust));
    try {
      say(context.device());
      context.load(folder.last());
      return new OpenedNetwork(
          context.config(),
          context.network(),
          context.sampleInput(),
          context.entry().classNames(),
          context::close);
    } catch (RuntimeException | Error e) {
      context.close();
      throw e;
    }
  }

  static Trust trust(Set<String> named, boolean everything) {
    return Trust.of(named, everything, warnings());
  }

  /** Where a library tells what is wrong and no reason to stop. */
  static Consumer<String> warnings() {
    return line -> LOG.log(System.Logger.Level.WARNING, line);
  }

  /** What slows this device down, say; each once, as a program may open many networks. */
  private static void say(Device device) {
    device.info().notices().stream().filter(SAID::add).forEach(warnings());
  }

  void save(Path file) {
    NetworkFile.write(file, config, input, classNames, network);
  }

  @Override
  public void close() {
    owner.run();
  }
}
