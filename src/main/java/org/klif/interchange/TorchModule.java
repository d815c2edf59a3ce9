package org.klif.interchange;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.klif.nn.LayerSpec;
import org.klif.nn.Network;
import org.klif.nn.StoredTensor;
import org.klif.tensor.Extent;

/**
 * One module of the {@code nn.Sequential} that a network is in PyTorch's and SpikingJelly's words.
 *
 * @param path its name in a state dict, e.g. {@code conv_fc.3}
 * @param text how it is made, e.g. {@code Conv2d(1, 32, 3, padding=1, bias=False)}
 * @param layer name of Klif's layer; empty for a flattening that Klif does of itself
 * @param tensors its parameters and running statistics
 */
record TorchModule(String path, String text, String layer, List<Tensor> tensors) {

  /**
   * A parameter or running statistic.
   *
   * @param role last part of its name in both worlds: weight, bias, running_mean, k, ...
   * @param stored Klif's tensor
   */
  record Tensor(String role, StoredTensor stored) {
    List<Integer> shape() {
      return Shapes.list(stored.shape());
    }
  }

  /** Copies the list. */
  TorchModule {
    tensors = List.copyOf(tensors);
  }

  /**
   * All modules in order; a block comes ahead of what is inside it.
   *
   * @param root name of the Sequential, e.g. {@code conv_fc}
   */
  static List<TorchModule> of(Network network, String root) {
    List<TorchModule> modules = new ArrayList<>();
    add(modules, network, LayerNode.of(network), network.storedState(), root);
    return modules;
  }

  private static void add(
      List<TorchModule> modules,
      Network network,
      List<LayerNode> nodes,
      List<StoredTensor> state,
      String root) {
    int index = 0;
    for (LayerNode node : nodes) {
      if (node.flattens()) {
        modules.add(new TorchModule(root + "." + index++, "Flatten()", "", List.of()));
      }
      String path = root + "." + index++;
      List<Tensor> tensors = new ArrayList<>();
      if (node.parts().isEmpty()) {
        for (StoredTensor tensor : state) {
          if (tensor.name().startsWith(node.name() + ".")) {
            String role = tensor.name().substring(node.name().length() + 1);
            tensors.add(new Tensor(role, tensor));
          }
        }
      }
      modules.add(new TorchModule(path, text(node, network), node.name(), tensors));
      if (node.spec() instanceof LayerSpec.Block block) {
        for (int i = 0; i < node.parts().size(); i++) {
          String part = block.parts().get(i).name();
          add(
              modules,
              network,
              node.parts().get(i),
              state,
              part.isEmpty() ? path : path + "." + part);
        }
      }
    }
  }

  /** As Python has it: one number, or a pair. */
  private static String pair(Extent extent) {
    return extent.height() == extent.width()
        ? extent.toString()
        : "(%d, %d)".formatted(extent.height(), extent.width());
  }

  private static String padding(Extent padding) {
    return padding.equals(Extent.square(0)) ? "" : ", padding=" + pair(padding);
  }

  private static String text(LayerNode node, Network network) {
    LayerSpec spec = node.spec();
    int in = node.input().channels();
    if (spec instanceof LayerSpec.Conv2d conv) {
      return "Conv2d(%d, %d, %s%s%s%s)"
          .formatted(
              in,
              conv.out(),
              pair(conv.kernel()),
              conv.stride().equals(Extent.square(1)) ? "" : ", stride=" + pair(conv.stride()),
              padding(conv.padding()),
              conv.bias() ? "" : ", bias=False");
    }
    if (spec instanceof LayerSpec.Linear linear) {
      return "Linear(%d, %d%s)"
          .formatted(node.input().features(), linear.out(), linear.bias() ? "" : ", bias=False");
    }
    if (spec instanceof LayerSpec.BatchNorm2d) {
      return "BatchNorm%dd(%d)".formatted(node.input().isImage() ? 2 : 1, in);
    }
    if (spec instanceof LayerSpec.Pool pool) {
      return "%sPool2d(%s%s%s)"
          .formatted(
              pool.maximum() ? "Max" : "Avg",
              pair(pool.window()),
              pool.stride().equals(pool.window()) ? "" : ", stride=" + pair(pool.stride()),
              padding(pool.padding()));
    }
    if (spec instanceof LayerSpec.GlobalAvgPool) {
      return "Sequential(AdaptiveAvgPool2d(1), Flatten())";
    }
    if (spec instanceof LayerSpec.Upsampling up) {
      return "Upsample(scale_factor=%s)".formatted(pair(up.factor()));
    }
    if (spec instanceof LayerSpec.Flatten) {
      return "Flatten()";
    }
    if (spec instanceof LayerSpec.Dropout dropout) {
      double p = dropout.p() == null ? network.options().dropout() : dropout.p();
      return String.format(Locale.ROOT, "Dropout(%s)", p);
    }
    if (spec instanceof LayerSpec.Voting voting) {
      return "VotingLayer(%d)".formatted(voting.group());
    }
    if (spec instanceof LayerSpec.Residual block) {
      return "residual block: Sequential(x) + "
          + (block.shortcut().isEmpty() ? "x" : "shortcut(x)");
    }
    if (spec instanceof LayerSpec.Attention attention) {
      return "attention of %d heads: %s (q(x) k(x)') v(x)"
          .formatted(attention.heads(), attention.scale());
    }
    if (spec instanceof LayerSpec.LeakyReadout readout) {
      return "leaky readout (tau %s)".formatted(readout.tau());
    }
    String options = spec instanceof LayerSpec.Spiking neuron ? neuron.options().token() : "";
    return neuron(node.name().substring(node.name().lastIndexOf('.') + 1))
        + (options.isEmpty() ? "" : " with " + options);
  }

  private static String neuron(String name) {
    return switch (name) {
      case "klif" -> "KLIFNode()";
      case "lif" -> "LIFNode()";
      case "plif" -> "ParametricLIFNode()";
      case "if" -> "IFNode()";
      default -> "neuron " + name;
    };
  }
}
