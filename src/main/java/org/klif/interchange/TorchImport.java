package org.klif.interchange;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.klif.KlifException;
import org.klif.io.Safetensors;
import org.klif.nn.NamedTensor;
import org.klif.nn.Network;

/**
 * Parameters of PyTorch or SpikingJelly, from a safetensors file into a network of the same layers.
 *
 * <p>Modules are matched by kind and order: the n-th convolution of the file is the n-th of the
 * network, and so on for linear layers, batch norms and neurons; each shape is then checked. The
 * order is that of the names, numbers counting as numbers, as an nn.Sequential has it; where shapes
 * do not fit it, the order in the file's header is tried.
 */
public final class TorchImport {
  private static final List<String> STATISTICS = List.of("running_mean", "running_var");

  /**
   * Where a tensor of the network came from.
   *
   * @param klif its name here
   * @param torch its name in the file; empty for running statistics that the file does not have
   * @param shape empty for a scalar
   */
  public record Mapped(String klif, String torch, List<Integer> shape) {}

  private final Safetensors file;
  private final Path path;
  private final Network network;
  private final List<Mapped> table = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  private TorchImport(Safetensors file, Path path, Network network) {
    this.file = file;
    this.path = path;
    this.network = network;
  }

  /**
   * Sets all parameters of a network; nothing changes when something does not fit.
   *
   * @return one line a tensor, in the network's order
   * @throws KlifException with one sentence for each tensor that has no match or a wrong shape, and
   *     for a value that is not finite
   */
  public static List<Mapped> load(Path path, Network network) {
    try (Safetensors file = Safetensors.open(path)) {
      file.requireUnchanged();
      TorchFile torch = new TorchFile(file);
      TorchImport byName = new TorchImport(file, path, network);
      byName.match(torch.byName());
      if (byName.problems.isEmpty()) {
        return byName.apply();
      }
      TorchImport asWritten = new TorchImport(file, path, network);
      asWritten.match(torch.asWritten());
      if (asWritten.problems.isEmpty()) {
        return asWritten.apply();
      }
      throw new KlifException(
          "%s does not fit the network '%s':%n  %s"
              .formatted(
                  path, network.spec().text(), String.join("%n  ".formatted(), byName.problems)));
    }
  }

  private void match(List<TorchFile.Module> modules) {
    Map<String, List<TorchFile.Module>> theirs = new LinkedHashMap<>();
    for (TorchFile.Module module : modules) {
      String kind = kind(module.roles().keySet(), rank(module));
      theirs.computeIfAbsent(kind, k -> new ArrayList<>()).add(module);
    }
    Map<String, List<TorchModule>> ours = new LinkedHashMap<>();
    for (TorchModule module : TorchModule.of(network, "")) {
      if (!module.tensors().isEmpty()) {
        ours.computeIfAbsent(kind(module), k -> new ArrayList<>()).add(module);
      }
    }
    Set<String> kinds = new LinkedHashSet<>(ours.keySet());
    kinds.addAll(theirs.keySet());
    for (String kind : kinds) {
      pair(kind, ours.getOrDefault(kind, List.of()), theirs.getOrDefault(kind, List.of()));
    }
  }

  private int rank(TorchFile.Module module) {
    String weight = module.roles().get("weight");
    return weight == null ? -1 : file.shape(weight).size();
  }

  private static String kind(TorchModule module) {
    Set<String> roles =
        module.tensors().stream().map(TorchModule.Tensor::role).collect(Collectors.toSet());
    int rank =
        module.tensors().stream()
            .filter(tensor -> tensor.role().equals("weight"))
            .mapToInt(tensor -> tensor.shape().size())
            .findFirst()
            .orElse(-1);
    return kind(roles, rank);
  }

  /** Modules of equal kind may be the same; the text is for messages. */
  private static String kind(Set<String> roles, int rankOfWeight) {
    return switch (rankOfWeight) {
      case 1 -> "batch norm";
      case 2 -> "linear layer";
      case 4 -> "convolution";
      default -> "module with " + roles.stream().sorted().collect(Collectors.joining(", "));
    };
  }

  private void pair(String kind, List<TorchModule> ours, List<TorchFile.Module> theirs) {
    for (int i = 0; i < Math.max(ours.size(), theirs.size()); i++) {
      if (i >= theirs.size()) {
        problems.add(
            "layer %s expects %s, but the file has %s"
                .formatted(ours.get(i).layer(), shapes(ours.get(i)), count(theirs.size(), kind)));
      } else if (i >= ours.size()) {
        problems.add(
            "%s has no layer: the network has %s"
                .formatted(names(theirs.get(i).roles().values()), count(ours.size(), kind)));
      } else {
        tensors(ours.get(i), theirs.get(i));
      }
    }
  }

  private void tensors(TorchModule ours, TorchFile.Module theirs) {
    boolean withoutStatistics = STATISTICS.stream().noneMatch(theirs.roles()::containsKey);
    Set<String> unused = new LinkedHashSet<>(theirs.roles().keySet());
    for (TorchModule.Tensor tensor : ours.tensors()) {
      String name = theirs.roles().get(tensor.role());
      unused.remove(tensor.role());
      String wanted = "layer %s expects %s".formatted(ours.layer(), tensor.shape());
      if (name == null && STATISTICS.contains(tensor.role()) && withoutStatistics) {
        table.add(new Mapped(tensor.stored().name(), "", tensor.shape()));
      } else if (name == null) {
        problems.add(
            "%s has no %s, but layer %s expects one of shape %s"
                .formatted(theirs.path(), tensor.role(), ours.layer(), tensor.shape()));
      } else if (!Shapes.agree(file.shape(name), tensor.shape())) {
        problems.add("%s has shape %s, but %s".formatted(name, file.shape(name), wanted));
      } else if (!file.isReal(name)) {
        problems.add(
            "%s holds integers, but layer %s expects numbers".formatted(name, ours.layer()));
      } else {
        table.add(new Mapped(tensor.stored().name(), name, tensor.shape()));
      }
    }
    for (String role : unused) {
      String hint = role.equals("bias") ? " (write b behind its token for one)" : "";
      problems.add(
          "%s has no place: layer %s has no %s%s"
              .formatted(theirs.roles().get(role), ours.layer(), role, hint));
    }
  }

  private static String count(int number, String kind) {
    return number == 0 ? "no such one (" + kind + ")" : "only %d (%s)".formatted(number, kind);
  }

  private static String names(Collection<String> names) {
    return String.join(", ", names);
  }

  private static String shapes(TorchModule module) {
    return module.tensors().stream()
        .map(tensor -> "%s %s".formatted(tensor.role(), tensor.shape()))
        .collect(Collectors.joining(", "));
  }

  private List<Mapped> apply() {
    Map<String, NamedTensor> state = new LinkedHashMap<>(network.state());
    for (Mapped mapped : table) {
      if (mapped.torch().isEmpty()) {
        continue;
      }
      float[] values = file.values(mapped.torch());
      int[] shape = mapped.shape().stream().mapToInt(n -> n).toArray();
      state.put(mapped.klif(), new NamedTensor(shape, values));
    }
    try {
      network.load(state);
    } catch (KlifException e) {
      throw new KlifException(path + ": " + e.getMessage(), e);
    }
    List<String> order = List.copyOf(state.keySet());
    table.sort((a, b) -> Integer.compare(order.indexOf(a.klif()), order.indexOf(b.klif())));
    return List.copyOf(table);
  }
}
