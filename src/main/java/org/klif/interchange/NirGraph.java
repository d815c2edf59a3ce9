package org.klif.interchange;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A graph of the Neuromorphic Intermediate Representation: what flows into a node is the sum over
 * its incoming edges.
 *
 * @param version of the nir library that the file names
 * @param nodes by name
 * @param texts metadata of the graph
 * @param numbers metadata of the graph
 */
record NirGraph(
    String version,
    Map<String, NirNode> nodes,
    List<Edge> edges,
    Map<String, String> texts,
    Map<String, Double> numbers) {

  /** From one node's output to another's input. */
  record Edge(String from, String to) {}

  /** Copies everything, order kept. */
  NirGraph {
    nodes = Collections.unmodifiableMap(new LinkedHashMap<>(nodes));
    edges = List.copyOf(edges);
    texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
    numbers = Collections.unmodifiableMap(new LinkedHashMap<>(numbers));
  }
}
