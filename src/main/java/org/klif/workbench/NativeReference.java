package org.klif.workbench;

import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.klif.KlifException;
import org.klif.device.compile.CodeFolder;
import org.klif.device.compile.Compiler;
import org.klif.device.compile.KernelCache;
import org.klif.device.compile.KernelHeaders;
import org.klif.device.compile.ModelText;
import org.klif.io.AtomicFile;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.Surrogate;

/**
 * The reference as native code: the user's text behind native/host/reference.h, compiled by the
 * machine's C++ compiler and kept in the {@link KernelCache}.
 */
public final class NativeReference {
  private static final String HEADER = "reference.h";
  private static final int RTLD_NOW = 2;

  private static final List<String> FLAGS =
      List.of(
          "-std=c++17",
          "-O2",
          "-ffp-contract=off",
          "-fvisibility=hidden",
          "-fPIC",
          "-shared",
          "-w",
          "-Werror=return-type");

  /** Their numbers in reference.h. */
  private static final List<Surrogate.Kind> KINDS = List.of(Surrogate.Kind.values());

  private NativeReference() {}

  /**
   * What a neuron's case should give. The surrogate's curve is an argument of the compiled code, so
   * that one compilation does for all of them.
   *
   * @throws KlifException without a compiler, or with the user's file and line
   */
  static Reference of(Neuron.Custom neuron) {
    NeuronSource own = neuron.surrogate();
    String primitive =
        own == null
            ? "klif_reference::BuiltInPrimitive"
            : "klif_reference::OwnPrimitive<%s>".formatted(ModelText.surrogateStruct(own));
    Neuron.Custom plain =
        own == null ? CheckCase.withSurrogate(neuron, Surrogate.Kind.ATAN) : neuron;
    String text =
        "#include \"%s\"\n".formatted(HEADER)
            + ModelText.of(plain, false)
            + "typedef %s Primitive;\nKLIF_REFERENCE_ENTRY(Model, Primitive)\n"
                .formatted(primitive);
    List<NeuronSource> sources = new ArrayList<>(List.of(neuron.model().source()));
    if (own != null) {
      sources.add(own);
    }
    Function entry =
        compiled(neuron.model().name() + "-reference", text, sources).getFunction("klifReference");
    return (one, inputs, detached) -> run(entry, one, inputs, detached);
  }

  private static Reference.Answer run(
      Function entry, CheckCase one, CheckInputs inputs, Reference.Detached detached) {
    Surrogate curve = one.neuron().common().surrogate();
    int states = one.neuron().model().states().size();
    int learned = one.neuron().model().learned().size();
    int steps = one.shape().steps();
    Reference.Answer answer = new Reference.Answer(steps, states, learned, one.cells());
    entry.invokeVoid(
        new Object[] {
          KINDS.indexOf(curve.kind()),
          curve.alpha(),
          one.smooth() ? 1 : 0,
          detached == Reference.Detached.CONSTANT ? 0 : 1,
          one.cells(),
          steps,
          inputs.currents(),
          doubles(inputs.initial),
          inputs.rawOfCells(),
          doubles(inputs.gSpikes),
          doubles(inputs.gLast),
          answer.spikes,
          answer.arguments,
          answer.states,
          answer.gx,
          answer.gInitial,
          answer.gRaw,
          answer.nearest
        });
    return answer;
  }

  private static double[] doubles(float[] values) {
    return Doubles.toArray(Floats.asList(values));
  }

  /**
   * A surrogate at some points.
   *
   * @param u where
   */
  static SurrogateValues surrogate(NeuronSource source, double alpha, double[] u) {
    String text =
        "#include \"%s\"\n".formatted(HEADER)
            + ModelText.surrogateFile(source)
            + "KLIF_SURROGATE_ENTRY(%s)\n".formatted(ModelText.surrogateStruct(source));
    Function entry =
        compiled(source.name() + "-surrogate", text, List.of(source)).getFunction("klifSurrogate");
    SurrogateValues values = new SurrogateValues(u);
    entry.invokeVoid(
        new Object[] {
          alpha,
          u.length,
          values.u,
          values.primitive,
          values.derivative,
          values.difference,
          values.kernel,
          values.smooth
        });
    return values;
  }

  /** What a surrogate's two functions give. */
  static final class SurrogateValues {
    final double[] u;
    final double[] primitive;
    final double[] derivative;

    /** Finite differences of the primitive. */
    final double[] difference;

    /** The derivative in float32, as kernels compute it. */
    final double[] kernel;

    /** 0 where the primitive has a kink. */
    final byte[] smooth;

    SurrogateValues(double[] u) {
      this.u = u;
      primitive = new double[u.length];
      derivative = new double[u.length];
      difference = new double[u.length];
      kernel = new double[u.length];
      smooth = new byte[u.length];
    }
  }

  private static NativeLibrary compiled(String name, String text, List<NeuronSource> sources) {
    KernelHeaders headers = new KernelHeaders(HEADER);
    Compiler compiler = Compiler.forHost();
    List<String> parts = new ArrayList<>(FLAGS);
    parts.addAll(List.of(text, headers.hash(), compiler.toString()));
    return KernelCache.standard()
        .load(
            name,
            KernelCache.key(parts),
            ".so",
            (target, work) -> compile(compiler, headers, text, sources, target, work),
            NativeReference::load);
  }

  private static NativeLibrary load(Path library) {
    CodeFolder.forNatives();
    try {
      return NativeLibrary.getInstance(
          library.toString(), Map.of(Library.OPTION_OPEN_FLAGS, RTLD_NOW));
    } catch (UnsatisfiedLinkError e) {
      throw new KlifException(
          "cannot load the reference from %s: %s; remove that file"
              .formatted(library, e.getMessage()),
          e);
    }
  }

  private static void compile(
      Compiler compiler,
      KernelHeaders headers,
      String text,
      List<NeuronSource> sources,
      Path target,
      Path work)
      throws IOException {
    headers.writeTo(work);
    Path source = work.resolve("reference.cpp");
    AtomicFile.write(source, text);
    List<String> arguments = new ArrayList<>(FLAGS);
    arguments.addAll(List.of(KernelHeaders.SEARCH, "-o", target.toString(), source.toString()));
    compiler.compile("the reference", arguments, work, sources);
  }
}
