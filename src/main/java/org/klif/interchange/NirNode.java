package org.klif.interchange;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A node of a NIR graph.
 *
 * @param name unique in the graph
 * @param type e.g. LIF or Conv2d
 * @param tensors its numbers by name
 * @param texts its texts by name, without the type
 */
record NirNode(
    String name, String type, Map<String, NirTensor> tensors, Map<String, String> texts) {

  /** Copies the maps, order kept. */
  NirNode {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
  }

  static NirNode of(String name, String type, Map<String, NirTensor> tensors) {
    return new NirNode(name, type, tensors, Map.of());
  }

  /** For messages: "node 'x' (Conv2d)". */
  String where() {
    return "node '%s' (%s)".formatted(name, type);
  }
}
