package org.klif.interchange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.klif.io.Safetensors;

/**
 * The tensors of a state dict, put together as modules: those whose names differ in the last part.
 */
final class TorchFile {
  /** A counter of training steps that PyTorch's batch norm keeps; of no meaning here. */
  private static final String COUNTER = "num_batches_tracked";

  /**
   * What a module holds.
   *
   * @param path its name, e.g. {@code conv_fc.3}; empty for tensors without a dot
   * @param roles full name of each tensor by the last part of it
   */
  record Module(String path, Map<String, String> roles) {}

  private final List<Module> modules = new ArrayList<>();

  TorchFile(Safetensors file) {
    Map<String, Map<String, String>> roles = new LinkedHashMap<>();
    for (String name : file.names()) {
      int dot = name.lastIndexOf('.');
      String role = name.substring(dot + 1);
      if (!role.equals(COUNTER)) {
        roles
            .computeIfAbsent(dot < 0 ? "" : name.substring(0, dot), path -> new TreeMap<>())
            .put(role, name);
      }
    }
    roles.forEach((path, tensors) -> modules.add(new Module(path, tensors)));
  }

  /** In the order of the file's header. */
  List<Module> asWritten() {
    return List.copyOf(modules);
  }

  /** In the order of their names, in which 2 comes ahead of 10. */
  List<Module> byName() {
    NaturalOrder order = new NaturalOrder();
    return modules.stream().sorted((a, b) -> order.compare(a.path(), b.path())).toList();
  }
}
