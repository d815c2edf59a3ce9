package org.klif.interchange;

import com.google.common.base.Strings;
import com.google.common.primitives.Ints;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
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
  /** A counter of training steps that PyTorch's batch norm keeps; of no meaning here. */
  private static final String COUNTER = "num_batches_tracked";

  private static final Pattern NUMBER = Pattern.compile("[0-9]+");
  private static final int LONGEST_NUMBER = 20;
  private static final List<String> STATISTICS = List.of("running_mean", "running_var");

  /**
   * Where a tensor of the network came from.
   *
   * @param klif its name here
   * @param torch its name in the file; empty for running statistics that the file does not have
   * @param shape empty for a scalar
   */
  public record Mapped(String klif, String torch, List<Integer> shape) {}

  /**
   * What a module holds: the tensors whose names differ in the last part.
   *
   * @param path its name, e.g. {@code conv_fc.3}; empty for tensors without a dot
   * @param roles full name of each tensor by the last part of it
   */
  private record Module(String path, Map<String, String> roles) {}

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
      List<Module> modules = modules(file);
      TorchImport byName = new TorchImport(file, path, network);
      List<TorchModule> layers = TorchModule.of(network, "");
      byName.match(sorted(modules, Module::path), sorted(layers, TorchModule::path));
      if (byName.problems.isEmpty()) {
        return byName.apply();
      }
      TorchImport asWritten = new TorchImport(file, path, network);
      asWritten.match(modules, layers);
      if (asWritten.problems.isEmpty()) {
        return asWritten.apply();
      }
      throw new KlifException(
          "%s does not fit the network '%s':%n  %s"
              .formatted(
                  path, network.spec().text(), String.join("%n  ".formatted(), byName.problems)));
    }
  }

  /** By name, a.2 ahead of a.10: of an attention K comes ahead of Q then, on both sides. */
  private static <M> List<M> sorted(List<M> modules, Function<M, String> path) {
    return modules.stream()
        .sorted(Comparator.comparing(path.andThen(TorchImport::padded)).thenComparing(path))
        .toList();
  }

  /** With numbers of one length, so that texts compare as their numbers do. */
  private static String padded(String path) {
    return NUMBER.matcher(path).replaceAll(n -> Strings.padStart(n.group(), LONGEST_NUMBER, '0'));
  }

  /** In the order of the file's header. */
  private static List<Module> modules(Safetensors file) {
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
    return roles.entrySet().stream().map(e -> new Module(e.getKey(), e.getValue())).toList();
  }

  private void match(List<Module> modules, List<TorchModule> layers) {
    Map<String, List<Module>> theirs = new LinkedHashMap<>();
    for (Module module : modules) {
      String kind = kind(module.roles().keySet(), rank(module));
      theirs.computeIfAbsent(kind, k -> new ArrayList<>()).add(module);
    }
    Map<String, List<TorchModule>> ours = new LinkedHashMap<>();
    for (TorchModule module : layers) {
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

  private int rank(Module module) {
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

  private void pair(String kind, List<TorchModule> ours, List<Module> theirs) {
    for (int i = 0; i < Math.max(ours.size(), theirs.size()); i++) {
      if (i >= theirs.size()) {
        problems.add(
            "layer %s expects %s, but the file has %s"
                .formatted(ours.get(i).layer(), shapes(ours.get(i)), count(theirs.size(), kind)));
      } else if (i >= ours.size()) {
        problems.add(
            "%s has no layer: the network has %s"
                .formatted(
                    String.join(", ", theirs.get(i).roles().values()), count(ours.size(), kind)));
      } else {
        tensors(ours.get(i), theirs.get(i));
      }
    }
  }

  private void tensors(TorchModule ours, Module theirs) {
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

  private static String shapes(TorchModule module) {
    return module.tensors().stream()
        .map(tensor -> "%s %s".formatted(tensor.role(), tensor.shape()))
        .collect(Collectors.joining(", "));
  }

  private List<Mapped> apply() {
    Map<String, NamedTensor> state = new LinkedHashMap<>(network.state());
    for (Mapped mapped : table) {
      if (!mapped.torch().isEmpty()) {
        int[] shape = Ints.toArray(mapped.shape());
        state.put(mapped.klif(), new NamedTensor(shape, file.values(mapped.torch())));
      }
    }
    try {
      network.load(state);
    } catch (KlifException e) {
      throw new KlifException(path + ": " + e.getMessage(), e);
    }
    List<String> order = List.copyOf(state.keySet());
    table.sort(Comparator.comparingInt(mapped -> order.indexOf(mapped.klif())));
    return List.copyOf(table);
  }
}
