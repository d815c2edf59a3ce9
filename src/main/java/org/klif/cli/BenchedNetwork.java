package org.klif.cli;

import com.google.common.base.Splitter;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.klif.UsageException;
import org.klif.config.RunConfig;
import org.klif.data.Catalogue;
import org.klif.data.SampleShape;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.neuron.file.Trust;
import org.klif.nn.Network;

/**
 * A network on its device, for an input that need not be that of a data set.
 *
 * @param shape of a sample
 */
record BenchedNetwork(Device device, Network network, SampleShape shape) implements AutoCloseable {
  private static final int MOST_DIGITS = 5;

  /**
   * Opens the device and makes the network.
   *
   * @param input CxHxW for an image that is the same at each step, TxCxHxW for one frame a step;
   *     null for the samples of the configuration's data set
   * @param trust says which neurons from files may run
   * @param options how the device is opened
   * @param wrap makes a device around the one that is opened
   */
  static BenchedNetwork open(
      RunConfig config,
      @Nullable String input,
      Trust trust,
      DeviceOptions options,
      UnaryOperator<Device> wrap) {
    SampleShape shape =
        input == null
            ? config
                .encoding()
                .shape(
                    Catalogue.load()
                        .entry(config.data())
                        .withFrames(config.frameRule(), config.events().eventFilter())
                        .shape())
            : parse(input);
    if (!shape.isStatic() && shape.steps() != config.steps()) {
      throw new UsageException(
          "--input %s has %d frames, so --T must be %d, not %d"
              .formatted(shape, shape.steps(), shape.steps(), config.steps()));
    }
    Device device = wrap.apply(Devices.open(config.device(), options));
    try {
      return new BenchedNetwork(device, network(device, config, shape, trust), shape);
    } catch (RuntimeException | Error e) {
      device.close();
      throw e;
    }
  }

  /** Another network on the same device for the same samples; the caller closes it. */
  Network beside(RunConfig config, Trust trust) {
    return network(device, config, shape, trust);
  }

  private static Network network(Device device, RunConfig config, SampleShape shape, Trust trust) {
    NeuronLibrary neurons = config.readNeurons(null, trust);
    trust.require(neurons.sources());
    return Network.create(
        device, config.networkSpec(), config.networkOptions(shape).withNeurons(neurons));
  }

  static SampleShape parse(String input) {
    List<String> sizes = Splitter.on('x').splitToList(input);
    if ((sizes.size() != 3 && sizes.size() != 4)
        || sizes.stream()
            .anyMatch(size -> !size.matches("[1-9]\\d{0," + (MOST_DIGITS - 1) + "}"))) {
      throw new UsageException(
          "--input is CxHxW for images, as in 3x32x32, or TxCxHxW for frames, not '%s'"
              .formatted(input));
    }
    int[] n = sizes.stream().mapToInt(Integer::parseInt).toArray();
    try {
      return n.length == 3
          ? SampleShape.image(n[0], n[1], n[2])
          : SampleShape.sequence(n[0], n[1], n[2], n[3]);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--input %s: %s".formatted(input, e.getMessage()));
    }
  }

  @Override
  public void close() {
    try (device) {
      network.close();
    }
  }
}
