package org.klif.interchange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.nn.LayerSpec;
import org.klif.nn.LayerSummary;
import org.klif.nn.Network;

/**
 * One layer of a network with the shapes around it.
 *
 * @param name as in parameter names, e.g. {@code 4.conv}
 * @param input what it reads; still an image ahead of an implicit flattening
 * @param inside the layers of a residual block, its shortcut's behind its body's; else empty
 */
record LayerNode(
    String name, LayerSpec spec, ImageShape input, ImageShape output, List<LayerNode> inside) {

  /** Copies the list. */
  LayerNode {
    inside = List.copyOf(inside);
  }

  /** All layers in order. */
  static List<LayerNode> of(Network network) {
    Map<String, LayerSummary> summaries = new LinkedHashMap<>();
    for (LayerSummary one : network.summary()) {
      summaries.put(one.name().substring(0, one.name().lastIndexOf('.')), one);
    }
    Network.Options options = network.options();
    ImageShape input =
        new ImageShape(
            options.input().channels(), options.input().height(), options.input().width());
    return of("", network.spec().layers(), input, summaries);
  }

  private static List<LayerNode> of(
      String prefix, List<LayerSpec> specs, ImageShape input, Map<String, LayerSummary> summaries) {
    List<LayerNode> nodes = new ArrayList<>();
    ImageShape shape = input;
    for (int i = 0; i < specs.size(); i++) {
      LayerSpec spec = specs.get(i);
      if (spec instanceof LayerSpec.Residual residual) {
        String name = prefix + i + ".res";
        List<LayerNode> inside = new ArrayList<>(of(name + ".", residual.body(), shape, summaries));
        ImageShape output = inside.get(inside.size() - 1).output();
        inside.addAll(of(name + ".shortcut.", residual.shortcut(), shape, summaries));
        nodes.add(new LayerNode(name, spec, shape, output, inside));
        shape = output;
        continue;
      }
      LayerSummary summary = summaries.get(prefix + i);
      if (summary == null) {
        throw new IllegalStateException("no summary of layer " + prefix + i);
      }
      ImageShape output = ImageShape.parse(summary.output());
      nodes.add(new LayerNode(summary.name(), spec, shape, output, List.of()));
      shape = output;
    }
    return nodes;
  }

  /** The layers of a block's body. */
  List<LayerNode> body() {
    return inside.subList(0, ((LayerSpec.Residual) spec).body().size());
  }

  /** The layers of a block's shortcut. */
  List<LayerNode> shortcut() {
    return inside.subList(((LayerSpec.Residual) spec).body().size(), inside.size());
  }

  /** Whether this layer sees features, so that an image ahead of it is flattened. */
  boolean flattens() {
    return input.isImage()
        && (spec instanceof LayerSpec.Linear
            || spec instanceof LayerSpec.Voting
            || spec instanceof LayerSpec.LeakyReadout);
  }

  /** For messages: "layer 4.conv 'c64k3'". */
  String where() {
    return "layer %s '%s'".formatted(name, spec.token());
  }
}
