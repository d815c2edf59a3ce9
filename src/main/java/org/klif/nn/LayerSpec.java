package org.klif.nn;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.klif.neuron.LayerOptions;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.NeuronSource;
import org.klif.tensor.Extent;

/** One layer as a configuration names it; shapes are known only with a network. */
public sealed interface LayerSpec {

  /** Short name of the kind in parameter names: conv, bn, klif, fc, ... */
  String kind();

  /** The token that describes this layer, as {@link NetworkSpec#parse} reads it. */
  String token();

  /** The layers of a block, in the order of the text; of another layer none. */
  default List<LayerSpec> inside() {
    return List.of();
  }

  /** This layer, or the layers in the block that it is, at any depth. */
  default Stream<LayerSpec> flattened() {
    return inside().isEmpty() ? Stream.of(this) : inside().stream().flatMap(LayerSpec::flattened);
  }

  /**
   * Convolution: {@code cNkM[sS][pP][b]}, where M, S and P are one number or height x width.
   *
   * @param out output channels
   * @param padding zeros on each side; half of the kernel, rounded down, when the token says
   *     nothing
   * @param bias true with suffix b
   */
  record Conv2d(int out, Extent kernel, Extent stride, Extent padding, boolean bias)
      implements LayerSpec {
    /** Half of a kernel, rounded down: with stride 1 and odd kernels the image keeps its size. */
    static Extent usualPadding(Extent kernel) {
      return new Extent(kernel.height() / 2, kernel.width() / 2);
    }

    @Override
    public String kind() {
      return "conv";
    }

    @Override
    public String token() {
      return "c%dk%s%s%s%s"
          .formatted(
              out,
              kernel,
              stride.equals(Extent.square(1)) ? "" : "s" + stride,
              padding.equals(usualPadding(kernel)) ? "" : "p" + padding,
              bias ? "b" : "");
    }
  }

  /**
   * Batch norm, one set of statistics a channel over T*N*H*W: {@code bn}; or {@code tdbn}.
   *
   * @param ofThreshold threshold-dependent batch norm (Zheng et al. 2021, arXiv:2011.05280): its
   *     weight starts at the threshold of the neurons that follow in the text, not at 1
   */
  record BatchNorm2d(boolean ofThreshold) implements LayerSpec {
    /** The usual one. */
    public BatchNorm2d() {
      this(false);
    }

    @Override
    public String kind() {
      return ofThreshold ? "tdbn" : "bn";
    }

    @Override
    public String token() {
      return kind();
    }
  }

  /**
   * Spiking neurons: {@code klif lif plif if} and others by name, one of the user's own by the path
   * of its file, or {@code sn} for the neuron chosen by the options.
   *
   * @param model a neuron's name, or a path ({@link NeuronSource#isFile}); null for the chosen one
   * @param options what the token says in braces, over what the options say of all layers
   */
  record Spiking(@Nullable String model, LayerOptions options) implements LayerSpec {
    /** Without options of its own. */
    public Spiking(@Nullable String model) {
      this(model, LayerOptions.NONE);
    }

    /**
     * What this layer's neurons are.
     *
     * @param all what is said of all layers
     */
    public NeuronOptions over(NeuronOptions all) {
      return options.over(model == null ? all : all.withModel(model));
    }

    @Override
    public String kind() {
      return model == null ? "sn" : NeuronSource.isFile(model) ? NeuronSource.nameOf(model) : model;
    }

    @Override
    public String token() {
      String word =
          model == null ? "sn" : NeuronSource.isFile(model) ? NeuronPath.word(model) : model;
      return word + options.token();
    }
  }

  /**
   * Maximum or mean of windows: {@code mpM[sS][pP] apM[sS][pP]}, where M, S and P are one number or
   * height x width.
   *
   * @param maximum else the mean
   * @param stride the window itself when the token says nothing
   * @param padding on each side, -infinity for a maximum, zeros for a mean
   */
  record Pool(boolean maximum, Extent window, Extent stride, Extent padding) implements LayerSpec {
    /** By windows that move by their own size. */
    public Pool(boolean maximum, Extent window) {
      this(maximum, window, window, Extent.square(0));
    }

    @Override
    public String kind() {
      return maximum ? "mp" : "ap";
    }

    @Override
    public String token() {
      return kind()
          + window
          + (stride.equals(window) ? "" : "s" + stride)
          + (padding.equals(Extent.square(0)) ? "" : "p" + padding);
    }
  }

  /** Mean over height and width: {@code gap}. */
  record GlobalAvgPool() implements LayerSpec {
    @Override
    public String kind() {
      return "gap";
    }

    @Override
    public String token() {
      return "gap";
    }
  }

  /** Each pixel repeated over a window: {@code upM}, where M is one number or height x width. */
  record Upsampling(Extent factor) implements LayerSpec {
    @Override
    public String kind() {
      return "up";
    }

    @Override
    public String token() {
      return "up" + factor;
    }
  }

  /** (C, H, W) to C*H*W features in that order: {@code flat}; implicit ahead of {@code fc}. */
  record Flatten() implements LayerSpec {
    @Override
    public String kind() {
      return "flat";
    }

    @Override
    public String token() {
      return "flat";
    }
  }

  /**
   * Fully connected layer: {@code fcN}, with suffix b or nb for a bias or none; without suffix it
   * has a bias unless {@code bn} follows.
   */
  record Linear(int out, boolean bias) implements LayerSpec {
    @Override
    public String kind() {
      return "fc";
    }

    @Override
    public String token() {
      return "fc" + out;
    }
  }

  /**
   * Dropout with one mask for all T: {@code dp[0.5]}.
   *
   * @param p probability of dropping; null for the one chosen by the options
   */
  record Dropout(@Nullable Double p) implements LayerSpec {
    @Override
    public String kind() {
      return "dp";
    }

    @Override
    public String token() {
      return p == null ? "dp" : "dp" + NetworkParser.number(p);
    }
  }

  /** Mean of each group of neighbouring features: {@code voteN}. */
  record Voting(int group) implements LayerSpec {
    @Override
    public String kind() {
      return "vote";
    }

    @Override
    public String token() {
      return "vote" + group;
    }
  }

  /** A layer made of layers: {@code WORD( PART : PART )}. Its parts read the same input. */
  sealed interface Block extends LayerSpec {
    /**
     * A part.
     *
     * @param name in parameter names, ahead of its layers' own; empty for none
     */
    record Part(String name, List<LayerSpec> layers) {
      /** Copies the list. */
      public Part {
        layers = List.copyOf(layers);
      }
    }

    /** What stands ahead of the parenthesis. */
    String word();

    /** The parts, in the order of the text; one that is left out is empty. */
    List<Part> parts();

    @Override
    default List<LayerSpec> inside() {
      return parts().stream().flatMap(part -> part.layers().stream()).toList();
    }

    @Override
    default String token() {
      return text(LayerSpec::tokens);
    }

    /**
     * The token.
     *
     * @param write makes a text of layers
     */
    default String text(Function<List<LayerSpec>, String> write) {
      return parts().stream()
          .map(Part::layers)
          .filter(layers -> !layers.isEmpty())
          .map(write)
          .collect(Collectors.joining(" : ", word() + "( ", " )"));
    }
  }

  /**
   * y = body(x) + shortcut(x): {@code res( BODY : SHORTCUT )}, or {@code res( BODY )} where the
   * shortcut is the identity.
   *
   * @param shortcut its layers; empty for the identity
   */
  record Residual(List<LayerSpec> body, List<LayerSpec> shortcut) implements Block {
    /** Copies the lists. */
    public Residual {
      body = List.copyOf(body);
      shortcut = List.copyOf(shortcut);
    }

    /** y = x + body(x). */
    public Residual(List<LayerSpec> body) {
      this(body, List.of());
    }

    @Override
    public List<Part> parts() {
      return List.of(new Part("", body), new Part("shortcut", shortcut));
    }

    @Override
    public String kind() {
      return "res";
    }

    @Override
    public String word() {
      return "res";
    }
  }

  /**
   * Spiking self-attention, scale (Q K') V for each head: {@code attendN[xS]( Q : K : V )}.
   *
   * @param heads by which Q, K and V are cut along their channels
   * @param scale S, {@link #DEFAULT_SCALE} when the token says nothing
   */
  record Attention(int heads, double scale, List<LayerSpec> q, List<LayerSpec> k, List<LayerSpec> v)
      implements Block {
    /** Spikformer's: a power of two, so that products of spikes stay exact. */
    public static final double DEFAULT_SCALE = 0.125;

    /** Copies the lists. */
    public Attention {
      q = List.copyOf(q);
      k = List.copyOf(k);
      v = List.copyOf(v);
    }

    @Override
    public List<Part> parts() {
      return List.of(new Part("q", q), new Part("k", k), new Part("v", v));
    }

    @Override
    public String kind() {
      return "attend";
    }

    @Override
    public String word() {
      return "attend" + heads + (scale == DEFAULT_SCALE ? "" : "x" + NetworkParser.number(scale));
    }
  }

  private static String tokens(List<LayerSpec> layers) {
    return layers.stream().map(LayerSpec::token).collect(Collectors.joining(" "));
  }

  /** Leaky integrator that does not fire, its potential is the output: {@code li[tau]}. */
  record LeakyReadout(double tau) implements LayerSpec {
    /** Time constant when the token has none. */
    public static final double DEFAULT_TAU = 2.0;

    @Override
    public String kind() {
      return "li";
    }

    @Override
    public String token() {
      return tau == DEFAULT_TAU ? "li" : "li" + NetworkParser.number(tau);
    }
  }
}
