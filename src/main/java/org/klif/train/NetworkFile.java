package org.klif.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.primitives.Ints;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.klif.KlifException;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.data.Normalisation;
import org.klif.data.SampleShape;
import org.klif.io.Safetensors;
import org.klif.nn.NamedTensor;
import org.klif.nn.Network;
import org.klif.nn.StoredTensor;

/**
 * A network in one safetensors file, complete without a run's folder: parameters and running
 * statistics under their names, in PyTorch's order, and in the metadata its settings, the shape of
 * a sample, the normalisation and the names of the classes.
 *
 * @param config of the network; the rest of it means nothing
 * @param tensors all parameters and running statistics
 */
public record NetworkFile(
    Path path,
    RunConfig config,
    SampleInput input,
    List<String> classNames,
    Map<String, NamedTensor> tensors,
    Map<String, String> metadata) {
  private static final String KEY = "klif.network";
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /** What the metadata says, as JSON. */
  private record Header(
      String config,
      boolean frames,
      List<Integer> shape,
      List<Double> mean,
      List<Double> deviation,
      List<String> classes) {
    /** Copies the lists; nothing may be null. */
    Header {
      Objects.requireNonNull(config, "config");
      shape = List.copyOf(shape);
      mean = List.copyOf(mean);
      deviation = List.copyOf(deviation);
      classes = List.copyOf(classes);
    }
  }

  /** Writes a network; the file is there whole or not at all. */
  public static void write(
      Path file, RunConfig config, SampleInput input, List<String> classNames, Network network) {
    SampleShape shape = input.shape();
    Header header =
        new Header(
            ConfigTree.yaml(config.withAbsoluteNeuronFiles()),
            !shape.isStatic(),
            List.of(shape.steps(), shape.channels(), shape.height(), shape.width()),
            input.normalisation().mean(),
            input.normalisation().std(),
            classNames);
    Map<String, String> metadata = new LinkedHashMap<>();
    try {
      metadata.put(KEY, JSON.writeValueAsString(header));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record that cannot be written", e);
    }
    NeuronSources.of(network).write(metadata);
    List<Safetensors.Entry> entries = new ArrayList<>();
    for (StoredTensor tensor : network.storedState()) {
      entries.add(
          new Safetensors.Entry(tensor.name(), Ints.asList(tensor.shape()), tensor.values()));
    }
    Safetensors.write(file, metadata, entries);
  }

  /**
   * Reads such a file.
   *
   * @throws KlifException when it is damaged, or another program's
   */
  public static NetworkFile read(Path file) {
    try (Safetensors tensors = Safetensors.open(file)) {
      String text = tensors.metadata().get(KEY);
      if (text == null) {
        throw new KlifException(
            file + " has no network in it: it was not written by SpikingNetwork.save");
      }
      tensors.requireUnchanged();
      Header header = JSON.readValue(text, Header.class);
      if (header == null) {
        throw new IllegalArgumentException("null");
      }
      List<Integer> n = header.shape();
      SampleShape shape =
          header.frames()
              ? SampleShape.sequence(n.get(0), n.get(1), n.get(2), n.get(3))
              : SampleShape.image(n.get(1), n.get(2), n.get(3));
      RunConfig config = ConfigTree.defaults().file(file.toString(), header.config()).build();
      Normalisation normalisation = new Normalisation(header.mean(), header.deviation());
      normalisation.requireChannels(shape.channels());
      Map<String, NamedTensor> values = new LinkedHashMap<>();
      for (String name : tensors.names()) {
        values.put(name, new NamedTensor(Ints.toArray(tensors.shape(name)), tensors.values(name)));
      }
      return new NetworkFile(
          file,
          config,
          new SampleInput(shape, config.encoding(), normalisation, config.seed()),
          header.classes(),
          values,
          tensors.metadata());
    } catch (JsonProcessingException | IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new KlifException("%s: its metadata %s is damaged".formatted(file, KEY), e);
    }
  }

  /**
   * Sets a network's parameters.
   *
   * @param network made of the same settings
   */
  public void load(Network network) {
    NeuronSources.of(network).requireSame(path, metadata);
    if (classNames.size() != network.outputs()) {
      throw new KlifException(
          "%s: its metadata %s names %d classes, but its network has %d outputs"
              .formatted(path, KEY, classNames.size(), network.outputs()));
    }
    try {
      network.load(tensors);
    } catch (KlifException e) {
      throw new KlifException(path + ": " + e.getMessage(), e);
    }
  }
}
