package org.klif.interchange;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.io.Safetensors;
import org.klif.nn.Network;

/** Parameters of a network under the names of PyTorch's nn.Sequential, as a safetensors file. */
public final class TorchExport {

  /**
   * A module of the Sequential.
   *
   * @param path e.g. {@code conv_fc.0}
   * @param module how it is made in PyTorch or SpikingJelly
   * @param layer Klif's layer; empty for a flattening that Klif does of itself
   * @param tensors names in the file, with shapes
   */
  public record Line(
      String path, String module, String layer, Map<String, List<Integer>> tensors) {}

  /**
   * Writes the file.
   *
   * @param root name of the Sequential, e.g. {@code conv_fc}
   * @return its modules in order
   * @throws org.klif.KlifException when the file cannot be written
   */
  public static List<Line> write(Path file, Network network, String root) {
    List<Line> lines = new ArrayList<>();
    List<Safetensors.Entry> entries = new ArrayList<>();
    for (TorchModule module : TorchModule.of(network, root)) {
      Map<String, List<Integer>> tensors = new LinkedHashMap<>();
      for (TorchModule.Tensor tensor : module.tensors()) {
        String name = module.path() + "." + tensor.role();
        tensors.put(name, tensor.shape());
        entries.add(new Safetensors.Entry(name, tensor.shape(), tensor.stored().values()));
      }
      lines.add(new Line(module.path(), module.text(), module.layer(), tensors));
    }
    // what the libraries around PyTorch ask for
    Safetensors.write(file, Map.of("format", "pt"), entries);
    return lines;
  }

  private TorchExport() {}
}
