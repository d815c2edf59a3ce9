package org.klif.device.cpu;

import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.DType;
import org.klif.device.compile.CodeFolder;
import org.klif.device.compile.Compiler;
import org.klif.device.compile.KernelCache;
import org.klif.device.compile.KernelHeaders;
import org.klif.device.compile.ModelText;
import org.klif.io.AtomicFile;
import org.klif.neuron.Neuron;

/**
 * Users' neurons as native code for this processor: their text behind native/host/host_sequence.h,
 * compiled at first use and kept in the {@link KernelCache}.
 *
 * <p>Each text is a library of its own, loaded by the path that holds its hash, with all but its
 * entries hidden: two neurons never collide. A library stays loaded until the process ends, since
 * another device of this process may use it, too.
 */
final class HostKernels {
  private static final String SEQUENCE = "host_sequence.h";
  private static final int RTLD_NOW = 2;

  /** Names of the entries. */
  private static final String PREPARE = "klifPrepare";

  private static final String FORWARD = "klifForward";
  private static final String FINISH_FORWARD = "klifFinishForward";
  private static final String BACKWARD = "klifBackward";
  private static final String FINISH_BACKWARD = "klifFinishBackward";

  /**
   * No contraction, as firing is a decision (docs/MATH.md). The others leave values alone: errno
   * and floating-point traps keep branches from becoming vector selects.
   */
  private static final List<String> FLAGS =
      List.of(
          "-std=c++17",
          "-O3",
          "-march=native",
          "-ffp-contract=off",
          "-fno-math-errno",
          "-fno-trapping-math",
          "-fno-exceptions",
          "-fno-rtti",
          "-fvisibility=hidden",
          "-fPIC",
          "-shared",
          "-w",
          "-Werror=return-type");

  private final KernelHeaders headers = new KernelHeaders(SEQUENCE);

  private final KernelCache cache;
  private @Nullable Compiler compiler;

  HostKernels(KernelCache cache) {
    this.cache = cache;
  }

  /** The entries of one library. */
  static final class Entries {
    private final Function prepare;
    private final Function forward;
    private final Function finishForward;
    private final Function backward;
    private final Function finishBackward;

    private Entries(NativeLibrary library) {
      prepare = library.getFunction(PREPARE);
      forward = library.getFunction(FORWARD);
      finishForward = library.getFunction(FINISH_FORWARD);
      backward = library.getFunction(BACKWARD);
      finishBackward = library.getFunction(FINISH_BACKWARD);
    }

    void prepare(Pointer pass) {
      prepare.invokeVoid(new Object[] {pass});
    }

    void forward(Pointer pass, long from, long to, long worker) {
      forward.invokeVoid(new Object[] {pass, from, to, worker});
    }

    void finishForward(Pointer pass) {
      finishForward.invokeVoid(new Object[] {pass});
    }

    void backward(Pointer pass, long from, long to, long worker) {
      backward.invokeVoid(new Object[] {pass, from, to, worker});
    }

    void finishBackward(Pointer pass) {
      finishBackward.invokeVoid(new Object[] {pass});
    }
  }

  /**
   * The compiled neuron.
   *
   * @param activations FLOAT32 or BFLOAT16
   * @throws KlifException without a compiler, or with the user's file and line when the text does
   *     not compile
   */
  Entries of(Neuron.Custom neuron, boolean smooth, DType activations) {
    String text =
        (activations == DType.BFLOAT16 ? "#define KLIF_BFLOAT16\n" : "")
            + "#include \"%s\"\n".formatted(SEQUENCE)
            + ModelText.of(neuron, smooth)
            + "KLIF_HOST_ENTRIES(Model)\n";
    Compiler chosen = compiler();
    List<String> flags = flags();
    List<String> parts = new ArrayList<>(flags);
    parts.addAll(List.of(text, headers.hash(), chosen.toString(), processor()));
    return cache.load(
        neuron.model().name(),
        KernelCache.key(parts),
        ".so",
        (target, work) -> compile(chosen, flags, text, neuron, target, work),
        library -> load(neuron.model().name(), library));
  }

  private static Entries load(String name, Path library) {
    try {
      return new Entries(
          NativeLibrary.getInstance(
              library.toString(), Map.of(Library.OPTION_OPEN_FLAGS, RTLD_NOW)));
    } catch (UnsatisfiedLinkError e) {
      CodeFolder.requireRunnable(library);
      throw new KlifException(
          "cannot load the compiled neuron %s from %s: %s; remove that file, or name another folder with KLIF_CACHE"
              .formatted(name, library, e.getMessage()),
          e);
    }
  }

  private void compile(
      Compiler chosen,
      List<String> flags,
      String text,
      Neuron.Custom neuron,
      Path target,
      Path work)
      throws IOException {
    headers.writeTo(work);
    Path source = work.resolve("neuron.cpp");
    AtomicFile.write(source, text);
    List<String> arguments = new ArrayList<>(flags);
    arguments.addAll(List.of(KernelHeaders.SEARCH, "-o", target.toString(), source.toString()));
    chosen.compile("neuron " + neuron.model().name(), arguments, work, ModelText.sources(neuron));
  }

  private synchronized Compiler compiler() {
    if (compiler == null) {
      compiler = Compiler.forHost();
    }
    return compiler;
  }

  private static List<String> flags() {
    List<String> flags = new ArrayList<>(FLAGS);
    if (System.getProperty("os.arch", "").equals("amd64")) {
      // without AVX-512 it counts for nothing
      flags.add("-mprefer-vector-width=512");
    }
    return flags;
  }

  /** What -march=native depends on: a home folder may be shared by machines. */
  private static String processor() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("flags") || line.startsWith("Features"))
          .findFirst()
          .orElse("");
    } catch (IOException e) {
      return System.getProperty("os.arch", "");
    }
  }
}
