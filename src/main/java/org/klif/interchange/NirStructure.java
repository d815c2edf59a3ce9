package org.klif.interchange;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;

/**
 * Finds the chain and its residual blocks in the edges of a graph. A place between two layers is
 * the set of nodes whose outputs are summed there; y = x + f(x) is the place {last of f} joined
 * with the place of x.
 */
final class NirStructure {
  /** Attempts at nesting residual blocks; real networks need a few for each block. */
  private static final int MOST_ATTEMPTS = 100_000;

  /** A node, or a residual block of them. */
  sealed interface Item {
    /** A node of the chain. */
    record One(NirNode node) implements Item {}

    /** x + f(x). */
    record Block(List<Item> items) implements Item {}
  }

  private final NirGraph graph;
  private final Map<String, Set<String>> inputs = new LinkedHashMap<>();
  private int attempts;

  private NirStructure(NirGraph graph) {
    this.graph = graph;
  }

  /**
   * The nodes between the one input and the one output, in order.
   *
   * @throws KlifException when there are several inputs or outputs, a cycle, a node that is not
   *     connected, or edges that are no chain with residual blocks
   */
  static List<Item> of(NirGraph graph) {
    return new NirStructure(graph).items();
  }

  private List<Item> items() {
    String input = only("Input");
    String output = only("Output");
    graph.nodes().keySet().forEach(name -> inputs.put(name, new LinkedHashSet<>()));
    for (NirGraph.Edge edge : graph.edges()) {
      for (String end : List.of(edge.from(), edge.to())) {
        if (!inputs.containsKey(end)) {
          throw new KlifException("an edge names '%s', which is no node".formatted(end));
        }
      }
      if (!inputs.get(edge.to()).add(edge.from())) {
        throw new KlifException(
            "'%s' is connected to '%s' twice, so that it would be added to itself"
                .formatted(edge.from(), edge.to()));
      }
    }
    requireNoCycle();
    for (Map.Entry<String, Set<String>> entry : inputs.entrySet()) {
      if (entry.getValue().isEmpty() != entry.getKey().equals(input)) {
        throw new KlifException(
            entry.getKey().equals(input)
                ? "something flows into its input"
                : "nothing flows into node '%s'".formatted(entry.getKey()));
      }
    }
    List<Item> items = chain(Set.of(input), inputs.get(output), Set.of());
    if (items == null || count(items) + 2 != graph.nodes().size()) {
      throw new KlifException(
          "its nodes are no chain with residual blocks x + f(x); a block with layers on its shortcut is written, but not read");
    }
    return items;
  }

  private String only(String type) {
    List<String> found =
        graph.nodes().values().stream()
            .filter(node -> node.type().equals(type))
            .map(NirNode::name)
            .toList();
    if (found.size() != 1) {
      throw new KlifException(
          "it has %d nodes of type %s, and Klif takes one".formatted(found.size(), type));
    }
    return found.get(0);
  }

  /** Takes away nodes without inputs until none is left. */
  private void requireNoCycle() {
    Map<String, Integer> open = new LinkedHashMap<>();
    inputs.forEach((name, from) -> open.put(name, from.size()));
    Deque<String> ready = new ArrayDeque<>();
    open.forEach(
        (name, number) -> {
          if (number == 0) {
            ready.add(name);
          }
        });
    while (!ready.isEmpty()) {
      String done = ready.remove();
      open.remove(done);
      inputs.forEach(
          (name, from) -> {
            if (from.contains(done) && open.merge(name, -1, Integer::sum) == 0) {
              ready.add(name);
            }
          });
    }
    if (open.isEmpty()) {
      return;
    }
    // what only lies behind a cycle is no part of it
    while (open.keySet()
        .removeIf(name -> open.keySet().stream().noneMatch(to -> inputs.get(to).contains(name)))) {
      // until nothing is removed
    }
    String names = open.keySet().stream().sorted().collect(Collectors.joining(", "));
    boolean neurons =
        open.keySet().stream().anyMatch(name -> NirReader.isNeuron(graph.nodes().get(name)));
    throw new KlifException(
        "it has a cycle through %s%s; Klif's networks have no recurrent connections"
            .formatted(names, neurons ? "" : ", in which there is not even a neuron"));
  }

  /**
   * The items from one place to another.
   *
   * @param enclosing ends of the blocks around that start at the same place
   * @return null when the edges between them are no chain with blocks
   */
  private @Nullable List<Item> chain(Set<String> from, Set<String> to, Set<Set<String>> enclosing) {
    if (++attempts > MOST_ATTEMPTS) {
      return null;
    }
    List<Item> items = new ArrayList<>();
    Set<String> place = from;
    Set<Set<String>> around = enclosing;
    while (!place.equals(to)) {
      Set<String> here = place;
      for (Set<String> joined : joined(here, to)) {
        List<Item> more = around.contains(joined) ? null : block(here, joined, to, around);
        if (more != null) {
          items.addAll(more);
          return items;
        }
      }
      List<NirNode> next =
          graph.nodes().values().stream()
              .filter(node -> inputs.get(node.name()).equals(here))
              .toList();
      if (next.size() != 1 || next.get(0).type().equals("Output")) {
        return null;
      }
      items.add(new Item.One(next.get(0)));
      place = Set.of(next.get(0).name());
      around = Set.of();
    }
    return items;
  }

  /** A block that starts here and ends in a place, and all that follows it. */
  private @Nullable List<Item> block(
      Set<String> here, Set<String> joined, Set<String> to, Set<Set<String>> enclosing) {
    Set<String> end = new LinkedHashSet<>(joined);
    end.removeAll(here);
    Set<Set<String>> around = new LinkedHashSet<>(enclosing);
    around.add(joined);
    List<Item> inside = chain(here, end, around);
    List<Item> rest = inside == null ? null : chain(joined, to, Set.of());
    if (inside == null || rest == null) {
      return null;
    }
    List<Item> items = new ArrayList<>();
    items.add(new Item.Block(inside));
    items.addAll(rest);
    return items;
  }

  /** Places in which this one is joined with something, the smallest first. */
  private List<Set<String>> joined(Set<String> here, Set<String> to) {
    Set<Set<String>> places = new LinkedHashSet<>(inputs.values());
    places.add(to);
    return places.stream()
        .filter(place -> place.size() > here.size() && place.containsAll(here))
        .sorted((a, b) -> Integer.compare(a.size(), b.size()))
        .toList();
  }

  private static int count(List<Item> items) {
    int count = 0;
    for (Item item : items) {
      count += item instanceof Item.Block block ? count(block.items()) : 1;
    }
    return count;
  }
}
