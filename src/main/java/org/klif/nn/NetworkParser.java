package org.klif.nn;

import com.google.common.base.Ascii;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.klif.neuron.InvalidOption;
import org.klif.neuron.LayerOptions;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.NeuronFile;
import org.klif.tensor.Extent;

/** Reads the text form of a network, left to right. */
final class NetworkParser {
  private static final Pattern CONVOLUTION =
      Pattern.compile("c(\\d+)k([\\dx]+)(?:s([\\dx]+))?(?:p([\\dx]+))?(b)?");
  private static final Pattern WINDOW = Pattern.compile("([\\dx]+)(?:s([\\dx]+))?(?:p([\\dx]+))?");
  private static final Pattern EXTENT = Pattern.compile("(\\d+)(?:x(\\d+))?");
  private static final Pattern LINEAR = Pattern.compile("fc(\\d+)(b|nb)?");
  private static final Pattern ATTENTION = Pattern.compile("attend(\\d*)(?:x(.*))?");
  private static final Pattern NUMBER = Pattern.compile("\\d+(?:\\.\\d*)?|\\.\\d+");

  /** Largest number of channels, features or sizes: keeps sizes in the range of int. */
  private static final int LARGEST = 1 << 24;

  /** Most blocks within one another: layers are walked by methods that call themselves. */
  private static final int DEEPEST = 100;

  /** What each word wants behind it, in the order of the documentation. */
  private static final List<String> WORDS =
      Stream.of(
              List.of("c", "bn", "tdbn"),
              NeuronOptions.MODELS,
              List.of(
                  "sn", "mp", "ap", "gap", "up", "flat", "fc", "dp", "vote", "li", "res(",
                  "attend"))
          .flatMap(List::stream)
          .toList();

  private final List<Token> tokens;
  private final Set<String> neurons;
  private final Set<String> macros;
  private int next;
  private int depth;

  /**
   * A parser.
   *
   * @param neurons further names of neurons
   * @param macros names that are replaced already, to be suggested
   */
  NetworkParser(List<Token> tokens, Set<String> neurons, Set<String> macros) {
    this.tokens = tokens;
    this.neurons = neurons;
    this.macros = macros;
  }

  /** Whether a name would be read as a word of the notation, alone or with a number behind it. */
  static boolean isWord(String name, Set<String> neurons) {
    String word = word(name);
    String rest = name.substring(word.length());
    return neurons.contains(name)
        || NeuronFile.SHIPPED.contains(name)
        || (WORDS.stream().anyMatch(known -> known.replace("(", "").equals(word))
            && (rest.isEmpty() || Character.isDigit(rest.charAt(0))));
  }

  List<LayerSpec> parse() {
    List<LayerSpec> layers = sequence();
    if (next < tokens.size()) {
      throw tokens
          .get(next)
          .wrong(
              at(":")
                  ? "is not in a block; it parts body and shortcut, as in res( c64k3 bn sn : c64k1 bn sn )"
                  : "has no matching 'res(' or 'attend8('");
    }
    return layers;
  }

  /** As a text has it: a whole number without a fraction, and none with an exponent. */
  static String number(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }

  private List<LayerSpec> sequence() {
    List<LayerSpec> layers = new ArrayList<>();
    while (next < tokens.size() && !at(")") && !at(":")) {
      layers.add(layer(tokens.get(next++)));
    }
    return layers;
  }

  private boolean at(String token) {
    return next < tokens.size() && tokens.get(next).text().equals(token);
  }

  private LayerSpec layer(Token token) {
    String word = token.text();
    if (word.contains("{")) {
      return withOptions(token, word.indexOf('{'));
    }
    if (word.equals("res")) {
      return residual(token);
    }
    if (word.equals("(")) {
      throw token.wrong("has no 'res' or 'attend8' before it");
    }
    Matcher attention = ATTENTION.matcher(word);
    if (attention.matches()) {
      return attention(token, attention);
    }
    Matcher convolution = CONVOLUTION.matcher(word);
    if (convolution.matches()) {
      return convolution(token, convolution);
    }
    Matcher linear = LINEAR.matcher(word);
    if (linear.matches()) {
      boolean normed = at("bn") || at("tdbn");
      String suffix = linear.group(2);
      return new LayerSpec.Linear(
          size(token, "features", linear.group(1)), suffix == null ? !normed : suffix.equals("b"));
    }
    if (NeuronOptions.MODELS.contains(word)
        || NeuronFile.SHIPPED.contains(word)
        || neurons.contains(word)) {
      return new LayerSpec.Spiking(word);
    }
    if (NeuronSource.isFile(word)) {
      return file(token);
    }
    return switch (word) {
      case "sn" -> new LayerSpec.Spiking(null);
      case "bn" -> new LayerSpec.BatchNorm2d();
      case "tdbn" -> new LayerSpec.BatchNorm2d(true);
      case "gap" -> new LayerSpec.GlobalAvgPool();
      case "flat" -> new LayerSpec.Flatten();
      case "dp" -> new LayerSpec.Dropout(null);
      case "li" -> new LayerSpec.LeakyReadout(LayerSpec.LeakyReadout.DEFAULT_TAU);
      default -> numbered(token);
    };
  }

  private LayerSpec withOptions(Token token, int brace) {
    String word = token.text();
    if (word.indexOf('}') != word.length() - 1) {
      throw token.wrong(
          "does not end with the '}' of its options, which have no blanks, as in klif{threshold=0.5,tau=4}");
    }
    String name = word.substring(0, brace);
    if (!(layer(token.withText(name)) instanceof LayerSpec.Spiking neuron)) {
      throw token.wrong("has options in braces, which only neurons have");
    }
    try {
      LayerOptions options = LayerOptions.parse(word.substring(brace + 1, word.length() - 1));
      if (NeuronOptions.MODELS.contains(name)) {
        options.requireReadBy(name);
      }
      return new LayerSpec.Spiking(neuron.model(), options);
    } catch (InvalidOption e) {
      throw token.wrong(e.getMessage());
    }
  }

  private LayerSpec file(Token token) {
    if (!token.text().endsWith(NeuronSource.SUFFIX)) {
      throw token.wrong("is no neuron's file: its name ends in " + NeuronSource.SUFFIX);
    }
    return new LayerSpec.Spiking(NeuronPath.path(token.text()));
  }

  private LayerSpec residual(Token token) {
    Parts parts = parts(token, "its layers", "res( c64k3 bn sn )");
    if (parts.colons().size() > 1) {
      throw parts.colons().get(1).wrong("is the second of its block, which has one shortcut");
    }
    List<LayerSpec> body = parts.layers().get(0);
    if (body.isEmpty()) {
      throw token.wrong("has no layers inside");
    }
    if (parts.colons().isEmpty()) {
      return new LayerSpec.Residual(body);
    }
    List<LayerSpec> shortcut = parts.layers().get(1);
    if (shortcut.isEmpty()) {
      throw parts
          .colons()
          .get(0)
          .wrong("has no layers behind it; without a shortcut of its own a block has no ':'");
    }
    return new LayerSpec.Residual(body, shortcut);
  }

  private LayerSpec attention(Token token, Matcher matcher) {
    String example = "attend8( c64k1 bn sn : c64k1 bn sn : c64k1 bn sn )";
    if (matcher.group(1).isEmpty()) {
      throw token.wrong("needs its number of heads behind it, as in " + example);
    }
    int heads = size(token, "the heads", matcher.group(1));
    double scale =
        matcher.group(2) == null
            ? LayerSpec.Attention.DEFAULT_SCALE
            : decimal(token, "the scale", matcher.group(2));
    if (!(scale > 0) || scale > Float.MAX_VALUE) {
      throw token.wrong("has a scale that must be above 0 and a number of float32");
    }
    List<List<LayerSpec>> parts = parts(token, "Q, K and V", example).layers();
    if (parts.size() != 3) {
      throw token.wrong(
          "has %s inside, where Q, K and V are needed, as in %s"
              .formatted(parts.size() == 1 ? "1 part" : parts.size() + " parts", example));
    }
    for (int i = 0; i < 3; i++) {
      if (parts.get(i).isEmpty()) {
        throw token.wrong(
            "has no layers for its %s; write them as in %s".formatted("QKV".charAt(i), example));
      }
    }
    return new LayerSpec.Attention(heads, scale, parts.get(0), parts.get(1), parts.get(2));
  }

  /** What stands in the parentheses of a block, and the colons between. */
  private record Parts(List<List<LayerSpec>> layers, List<Token> colons) {}

  private Parts parts(Token token, String what, String example) {
    if (!at("(")) {
      throw token.wrong("needs %s in parentheses, as in %s".formatted(what, example));
    }
    if (++depth > DEEPEST) {
      throw token.wrong("is a block within %d others; so many are not read".formatted(DEEPEST));
    }
    Parts parts = new Parts(new ArrayList<>(), new ArrayList<>());
    next++;
    parts.layers().add(sequence());
    while (at(":")) {
      parts.colons().add(tokens.get(next++));
      parts.layers().add(sequence());
    }
    if (next == tokens.size()) {
      throw token.wrong("is not closed; a ')' is missing");
    }
    next++;
    depth--;
    return parts;
  }

  private LayerSpec convolution(Token token, Matcher matcher) {
    int out = size(token, "channels", matcher.group(1));
    Extent kernel = extent(token, "the kernel", matcher.group(2), 1);
    Extent stride =
        matcher.group(3) == null
            ? Extent.square(1)
            : extent(token, "the stride", matcher.group(3), 1);
    Extent padding =
        matcher.group(4) == null
            ? LayerSpec.Conv2d.usualPadding(kernel)
            : extent(token, "the padding", matcher.group(4), 0);
    return new LayerSpec.Conv2d(out, kernel, stride, padding, matcher.group(5) != null);
  }

  private LayerSpec pooling(Token token, boolean maximum, String rest) {
    Matcher matcher = WINDOW.matcher(rest);
    if (!matcher.matches()) {
      return new LayerSpec.Pool(maximum, extent(token, "the window", rest, 1)); // what is wrong
    }
    Extent window = extent(token, "the window", matcher.group(1), 1);
    Extent stride =
        matcher.group(2) == null ? window : extent(token, "the stride", matcher.group(2), 1);
    Extent padding =
        matcher.group(3) == null
            ? Extent.square(0)
            : extent(token, "the padding", matcher.group(3), 0);
    if (padding.height() >= window.height() || padding.width() >= window.width()) {
      throw token.wrong(
          "has a padding of %s, which is not smaller than its window of %s; use less padding or a larger window"
              .formatted(padding, window));
    }
    return new LayerSpec.Pool(maximum, window, stride, padding);
  }

  /** One number for height and width, or both with an x between them. */
  private Extent extent(Token token, String what, String digits, int smallest) {
    Matcher matcher = EXTENT.matcher(digits);
    if (!matcher.matches()) {
      if (digits.contains("x")) {
        throw token.wrong(
            "wants height x width for %s, as in 1x3, not '%s'".formatted(what, digits));
      }
      return Extent.square(integer(token, what, digits, smallest)); // says what is wrong
    }
    int height = integer(token, what, matcher.group(1), smallest);
    return matcher.group(2) == null
        ? Extent.square(height)
        : new Extent(height, integer(token, what, matcher.group(2), smallest));
  }

  /** Tokens that are a word with one number behind it. */
  private LayerSpec numbered(Token token) {
    String word = word(token.text());
    String rest = token.text().substring(word.length());
    return switch (word) {
      case "mp", "ap" -> pooling(token, word.equals("mp"), rest);
      case "up" -> new LayerSpec.Upsampling(extent(token, "the factor", rest, 1));
      case "vote" -> new LayerSpec.Voting(size(token, "the group", rest));
      case "dp" -> {
        double p = decimal(token, "the probability", rest);
        if (!(p < 1)) {
          throw token.wrong("drops with a probability that must be at least 0 and below 1");
        }
        yield new LayerSpec.Dropout(p);
      }
      case "li" -> {
        double tau = decimal(token, "tau", rest);
        if (!(tau >= 1)) {
          throw token.wrong("has a tau below 1");
        }
        yield new LayerSpec.LeakyReadout(tau);
      }
      case "fc" ->
          throw token.wrong("is not a fully connected layer; write it as fc100, fc100b or fc100nb");
      case "c" ->
          throw token.wrong("is not a convolution; write it as c64k3, with s2, p0 or b behind it");
      default ->
          throw token.wrong(
              "is not a layer; did you mean '%s'? A neuron of your own is named by its file, as in ./%s%s"
                  .formatted(nearest(word), token.text(), NeuronSource.SUFFIX));
    };
  }

  private int size(Token token, String what, String digits) {
    return integer(token, what, digits, 1);
  }

  private int integer(Token token, String what, String digits, int smallest) {
    if (digits.isEmpty()) {
      throw token.wrong("needs a number behind it (%s), as in %s2".formatted(what, token.text()));
    }
    boolean known = digits.chars().allMatch(c -> c >= '0' && c <= '9') && digits.length() < 10;
    int value = known ? Integer.parseInt(digits) : -1;
    if (value < smallest || value > LARGEST) {
      throw token.wrong(
          "wants a whole number from %d to %d for %s, not '%s'"
              .formatted(smallest, LARGEST, what, digits));
    }
    return value;
  }

  private double decimal(Token token, String what, String digits) {
    if (!NUMBER.matcher(digits).matches()) {
      throw token.wrong("wants a number for %s, not '%s'".formatted(what, digits));
    }
    return Double.parseDouble(digits);
  }

  /** The letters a token starts with. */
  private static String word(String token) {
    int end = 0;
    while (end < token.length() && Character.isLetter(token.charAt(end))) {
      end++;
    }
    return token.substring(0, end);
  }

  private String nearest(String word) {
    String lower = Ascii.toLowerCase(word);
    String best = WORDS.get(0);
    int bestDistance = Integer.MAX_VALUE;
    List<String> candidates = new ArrayList<>(WORDS);
    candidates.addAll(NeuronFile.SHIPPED);
    candidates.addAll(neurons);
    candidates.addAll(macros);
    for (String candidate : candidates) {
      int distance = distance(lower, candidate.replace("(", ""));
      if (distance < bestDistance) {
        bestDistance = distance;
        best = candidate;
      }
    }
    return switch (best) {
      case "c" -> "c64k3";
      case "mp", "ap", "up" -> best + "2";
      case "fc" -> "fc100";
      case "vote" -> "vote10";
      case "res(" -> "res( ... )";
      case "attend" -> "attend8( Q : K : V )";
      default -> best;
    };
  }

  /** Edit distance in which swapping two neighbours costs one. */
  private static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least = Math.min(cost[i - 1][j], cost[i][j - 1]) + 1;
        least = Math.min(least, cost[i - 1][j - 1] + change);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, cost[i - 2][j - 2] + 1);
        }
        cost[i][j] = least;
      }
    }
    return cost[a.length()][b.length()];
  }
}
