package org.klif.nn;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.klif.UsageException;

/**
 * A network as a configuration describes it, e.g. {@code c32k3 bn klif mp2 | dp fc100 klif |
 * vote10}.
 *
 * <p>Tokens are separated by blanks; {@code |} only separates for the eye. {@code cNkM[sS][pP][b]}
 * convolution, {@code bn tdbn} batch norm, {@code klif lif plif if sn} neurons, {@code mpM[sS][pP]
 * apM[sS][pP]} pooling, where M, S and P are one number or height x width, {@code gap} mean over
 * height and width, {@code upM} upsampling, {@code flat}, {@code fcN[b|nb]} fully connected, {@code
 * dp[0.5]} dropout, {@code voteN} voting, {@code li[tau]} leaky readout, {@code res( BODY :
 * SHORTCUT )} residual block, the identity where it has no shortcut, {@code attendN[xS]( Q : K : V
 * )} spiking self-attention of N heads and scale S. Further neurons that come with Klif are named
 * likewise ({@code alif}), one of the user's own by its path ({@code ./mine.cuh}). Any of them may
 * have options of its own in braces ({@code klif{threshold=0.5,tau=4}}).
 *
 * @param text as written
 * @param layers in order; their index is the number in layer and parameter names
 */
public record NetworkSpec(String text, List<LayerSpec> layers) {

  /** Copies the list, which may not be empty. */
  public NetworkSpec {
    layers = List.copyOf(layers);
    if (layers.isEmpty()) {
      throw new UsageException("the network is empty; a network is written as 'fc100 klif vote10'");
    }
  }

  /**
   * Reads the text form.
   *
   * @throws UsageException naming the token, its column (from 1) and what would be right
   */
  public static NetworkSpec parse(String text) {
    return parse(text, Set.of());
  }

  /**
   * Reads the text form.
   *
   * @param neurons further names of neurons, those from files that are named elsewhere
   * @throws UsageException naming the token, its column (from 1) and what would be right
   */
  public static NetworkSpec parse(String text, Set<String> neurons) {
    return parse(text, neurons, Map.of());
  }

  /**
   * Reads the text form with macros: a macro's name stands for its text, {@code 4*NAME} for four of
   * them. The text of the network that results has none.
   *
   * @param macros texts by name; they may use each other
   * @throws UsageException naming the token, its column in the network's or the macro's text, and
   *     what would be right
   */
  public static NetworkSpec parse(String text, Set<String> neurons, Map<String, String> macros) {
    List<Token> tokens = Tokenizer.tokens("network", text, macros);
    boolean expanded = tokens.stream().anyMatch(token -> !token.place().equals("network"));
    List<LayerSpec> layers = new NetworkParser(tokens, neurons, macros.keySet()).parse();
    String written =
        expanded ? tokens.stream().map(Token::text).collect(Collectors.joining(" ")) : text;
    return new NetworkSpec(written, layers);
  }

  /**
   * Refuses a macro that has the name of a word of the notation, or uses itself.
   *
   * @param macros all of them
   */
  public static void requireMacro(String name, Set<String> neurons, Map<String, String> macros) {
    if (NetworkParser.isWord(name, neurons)) {
      throw new UsageException(
          "macros.%s has a name that is a word of the notation already; choose another"
              .formatted(name));
    }
    if (Tokenizer.ofMacro(name, macros).isEmpty()) {
      throw new UsageException("macros.%s is empty; write a piece of a network".formatted(name));
    }
  }

  /** A network's text with each path of a neuron's file changed. */
  public static String withFiles(String text, UnaryOperator<String> change) {
    return NeuronPath.change(text, change);
  }

  /** What the neuron tokens name, {@code sn} left out: names and paths of files, in order. */
  public Set<String> neurons() {
    Set<String> names = new LinkedHashSet<>();
    spiking().map(LayerSpec.Spiking::model).filter(Objects::nonNull).forEach(names::add);
    return names;
  }

  /** Whether {@code sn} is among the layers. */
  public boolean usesChosenNeuron() {
    return spiking().anyMatch(spiking -> spiking.model() == null);
  }

  /** The layers of neurons, in the order of the text. */
  public Stream<LayerSpec.Spiking> spiking() {
    return flattened()
        .filter(LayerSpec.Spiking.class::isInstance)
        .map(LayerSpec.Spiking.class::cast);
  }

  /**
   * For each {@code tdbn} in the order of the text the layer of neurons that is next in it, in or
   * behind any block; empty where none is.
   */
  public List<Optional<LayerSpec.Spiking>> behindThresholdNorms() {
    List<LayerSpec> all = flattened().toList();
    List<Optional<LayerSpec.Spiking>> behind = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i) instanceof LayerSpec.BatchNorm2d norm && norm.ofThreshold()) {
        behind.add(
            all.subList(i, all.size()).stream()
                .filter(LayerSpec.Spiking.class::isInstance)
                .map(LayerSpec.Spiking.class::cast)
                .findFirst());
      }
    }
    return behind;
  }

  /** All layers in the order of the text, those in blocks instead of the blocks. */
  public Stream<LayerSpec> flattened() {
    return layers.stream().flatMap(LayerSpec::flattened);
  }

  /** A network made of layers; its text parses to the same layers. */
  public static NetworkSpec of(List<LayerSpec> layers) {
    return new NetworkSpec(write(layers), layers);
  }

  private static String write(List<LayerSpec> layers) {
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      LayerSpec layer = layers.get(i);
      if (layer instanceof LayerSpec.Block block) {
        tokens.add(block.text(NetworkSpec::write));
      } else if (layer instanceof LayerSpec.Linear linear) {
        boolean usual =
            !(i + 1 < layers.size() && layers.get(i + 1) instanceof LayerSpec.BatchNorm2d);
        String suffix = linear.bias() == usual ? "" : linear.bias() ? "b" : "nb";
        tokens.add(linear.token() + suffix);
      } else {
        tokens.add(layer.token());
      }
    }
    return String.join(" ", tokens);
  }
}
