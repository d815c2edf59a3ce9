package org.klif.device.compile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.Surrogate;

/**
 * The C++ text of a neuron of the user's own: the file as it is, known to compilers by its own name
 * and lines, and behind it the struct {@code Model} that cuda-kernels/custom/custom_step.cuh asks
 * for, with the values of the constants, and the surrogate. A device puts its includes in front and
 * its entries behind.
 */
public final class ModelText {
  /** The name by which compilers know lines that are not the user's. */
  static final String OWN = "klif:generated";

  /** Their numbers in cuda-kernels/custom/interface.cuh. */
  private static final List<Surrogate.Kind> KINDS = List.of(Surrogate.Kind.values());

  private ModelText() {}

  /**
   * The text, without any include.
   *
   * @param smooth gradient checks: the spike is the surrogate's primitive
   * @throws org.klif.KlifException with file and line when a brace or comment is left open, or when
   *     a surrogate's file has no struct with primitive and derivative
   */
  public static String of(Neuron.Custom neuron, boolean smooth) {
    NeuronModel model = neuron.model();
    StringBuilder text = new StringBuilder();
    quote(text, "klif_file", model.source());
    NeuronSource surrogate = neuron.surrogate();
    if (surrogate != null) {
      quote(text, "klif_surrogate", surrogate);
    }
    text.append("#line 1 \"").append(OWN).append("\"\n");
    text.append(surrogate(neuron.common().surrogate(), surrogate, smooth));
    text.append(model(neuron, smooth));
    return text.toString();
  }

  /** The user's files in the text. */
  public static List<NeuronSource> sources(Neuron.Custom neuron) {
    NeuronSource surrogate = neuron.surrogate();
    NeuronSource model = neuron.model().source();
    return surrogate == null ? List.of(model) : List.of(model, surrogate);
  }

  /**
   * How the text calls a surrogate of the user's own.
   *
   * @throws org.klif.KlifException when the file has no struct with primitive and derivative
   */
  public static String surrogateStruct(NeuronSource source) {
    return "klif_surrogate::" + SourceText.of(source).surrogateStruct();
  }

  /** A surrogate's file alone, without any include; {@link #surrogateStruct} is in it. */
  public static String surrogateFile(NeuronSource source) {
    StringBuilder text = new StringBuilder();
    quote(text, "klif_surrogate", source);
    return text.append("#line 1 \"").append(OWN).append("\"\n").toString();
  }

  private static void quote(StringBuilder text, String namespace, NeuronSource source) {
    SourceText checked = SourceText.of(source);
    text.append("namespace ").append(namespace).append(" {\n");
    text.append("#line 1 \"").append(SourceText.literal(source.origin())).append("\"\n");
    text.append(checked.text()).append("\n}  // namespace\n");
  }

  private static String surrogate(Surrogate curve, @Nullable NeuronSource source, boolean smooth) {
    String derivative;
    String primitive;
    if (source == null) {
      String kind = "BuiltInSurrogate<%d>".formatted(KINDS.indexOf(curve.kind()));
      derivative = "%s::derivative(u, %s)".formatted(kind, number(curve.alpha()));
      primitive = "%s::primitive(u, %s)".formatted(kind, curve.alpha());
    } else {
      String struct = surrogateStruct(source);
      String call = "%s().%s(Number(u), Number(%s)).value";
      derivative = call.formatted(struct, "derivative", number(curve.alpha()));
      primitive = call.formatted(struct, "primitive", number(curve.alpha()));
    }
    return """
        template <class Real>
        struct ConfiguredSurrogate {
          static constexpr bool SMOOTH = %s;
          KLIF_DEVICE static float derivative(float u) { return %s; }
          KLIF_DEVICE static float primitive(float u) { return %s; }
        };
        """
        .formatted(smooth, derivative, primitive);
  }

  private static String model(Neuron.Custom neuron, boolean smooth) {
    NeuronModel model = neuron.model();
    int learned = model.learned().size();
    return """
        struct Model {
          static constexpr int STATES = %d;
          static constexpr int LEARNED = %d;
          static constexpr int LEARNED_SLOTS = %d;
          static constexpr bool SMOOTH = %s;
          template <class Real>
          using Neuron = klif_file::%s<Real>;
          KLIF_DEVICE static constexpr int constraint(int i) { return %s; }
          KLIF_DEVICE static constexpr bool perChannel(int i) { return %s; }
          KLIF_DEVICE static constexpr float initial(int i) { return %s; }
          template <class Real>
          KLIF_DEVICE static Neuron<Real> make(const Real* s, const Real* l) {
            (void) l;
            return Neuron<Real>{%s};
          }
          template <int I, class N>
          KLIF_DEVICE static const auto& state(const N& n) {
        %s  }
        };
        """
        .formatted(
            model.states().size(),
            learned,
            Math.max(1, learned),
            smooth,
            model.struct(),
            choice(learned, i -> constraint(model.learned().get(i).constraint()), "UNCONSTRAINED"),
            choice(learned, i -> Boolean.toString(model.learned().get(i).perChannel()), "false"),
            choice(model.states().size(), i -> number(model.states().get(i).initial()), "0.0f"),
            members(neuron),
            states(model.states()));
  }

  /** {@code i == 0 ? first : i == 1 ? second : otherwise}. */
  private static String choice(int count, IntFunction<String> value, String otherwise) {
    return IntStream.range(0, count)
            .mapToObj(i -> "i == %d ? %s : ".formatted(i, value.apply(i)))
            .collect(Collectors.joining())
        + otherwise;
  }

  private static String constraint(NeuronModel.Constraint constraint) {
    return switch (constraint) {
      case NONE -> "UNCONSTRAINED";
      case SIGMOID -> "BY_SIGMOID";
      case SOFTPLUS -> "BY_SOFTPLUS";
    };
  }

  private record Member(int line, String value) {}

  /** The struct is an aggregate: all its members in the order of their declarations. */
  private static String members(Neuron.Custom neuron) {
    NeuronModel model = neuron.model();
    List<Member> members = new ArrayList<>();
    for (NeuronModel.Constant constant : model.constants()) {
      members.add(
          new Member(constant.line(), "Number(%s)".formatted(number(neuron.value(constant)))));
    }
    for (int i = 0; i < model.learned().size(); i++) {
      members.add(new Member(model.learned().get(i).line(), "l[%d]".formatted(i)));
    }
    for (int i = 0; i < model.states().size(); i++) {
      members.add(new Member(model.states().get(i).line(), "s[%d]".formatted(i)));
    }
    return members.stream()
        .sorted(Comparator.comparingInt(Member::line))
        .map(Member::value)
        .collect(Collectors.joining(", "));
  }

  private static String states(List<NeuronModel.State> states) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < states.size(); i++) {
      String form =
          i + 1 < states.size()
              ? "    if constexpr (I == %d) return n.%s; else\n"
              : "    return n.%2$s;\n";
      text.append(form.formatted(i, states.get(i).name()));
    }
    return text.toString();
  }

  /** A float32 literal, rounded from the double as Java does it. */
  static String number(double value) {
    return String.format(Locale.ROOT, "%sf", (float) value);
  }
}
