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
 * @param parts the layers of a block's parts, as {@link LayerSpec.Block#parts} has them; else empty
 */
record LayerNode(
    String name, LayerSpec spec, ImageShape input, ImageShape output, List<List<LayerNode>> parts) {

  /** Copies the list. */
  LayerNode {
    parts = List.copyOf(parts);
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
      if (spec instanceof LayerSpec.Block block) {
        String name = prefix + i + "." + spec.kind();
        List<List<LayerNode>> parts = new ArrayList<>();
        for (LayerSpec.Block.Part part : block.parts()) {
          String inside = name + "." + (part.name().isEmpty() ? "" : part.name() + ".");
          parts.add(of(inside, part.layers(), shape, summaries));
        }
        List<LayerNode> first = parts.get(0);
        ImageShape output = first.get(first.size() - 1).output();
        nodes.add(new LayerNode(name, spec, shape, output, parts));
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

  /** The layers of all parts, in the order of the text. */
  List<LayerNode> inside() {
    return parts.stream().flatMap(List::stream).toList();
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
