package org.klif.device.cuda;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.klif.KlifException;
import org.klif.device.compile.CudaCompiler;
import org.klif.device.compile.CudaFlags;
import org.klif.device.compile.CudaText;
import org.klif.device.compile.KernelCache;
import org.klif.device.compile.KernelHeaders;
import org.klif.device.compile.Nvcc;
import org.klif.io.AtomicFile;

/**
 * Images of users' neurons for cuModuleLoadData: PTX by nvcc, else by NVRTC, kept in the {@link
 * KernelCache}.
 *
 * <p>Behind the stand-in driver the image also names a shared object, which g++ makes of the same
 * text; where neither of NVIDIA's compilers is, a listing of the entries takes the PTX's place.
 */
final class NeuronImages {
  private static final String INSTALL =
      "install NVIDIA's CUDA toolkit or NVRTC alone (pip install nvidia-cuda-nvrtc-cu12), build Klif with mvn -Pcuda-libraries package, or name its folder in "
          + LibrarySearch.VARIABLE;

  private final KernelCache cache;
  private final List<Supplier<Optional<? extends CudaCompiler>>> compilers;
  private final KernelHeaders headers = new KernelHeaders(CudaText.HEADER);
  private final CudaFlags flags = new CudaFlags();

  /** By nvcc, else NVRTC. */
  NeuronImages(KernelCache cache) {
    this(cache, List.of(Nvcc::find, Nvrtc::find));
  }

  /** By the first of those compilers that is here and works. */
  NeuronImages(KernelCache cache, List<Supplier<Optional<? extends CudaCompiler>>> compilers) {
    this.cache = cache;
    this.compilers = List.copyOf(compilers);
  }

  /**
   * Loads the image for the driver that this process runs on.
   *
   * @param load takes the image; again when the cache was deleted meanwhile
   * @throws KlifException with the user's file and line, or with what to install
   */
  <T> T load(CudaText text, Function<String, T> load) {
    return DriverLibrary.kind() == DriverLibrary.Kind.SIM
        ? forStandIn(text, load)
        : load.apply(forGpu(text));
  }

  /** With the shared object; g++ first, so that a mistake has the same words as on the CPU. */
  <T> T forStandIn(CudaText text, Function<String, T> load) {
    return new SimNeurons(SimLibraries.folder(), cache)
        .load(
            text,
            object -> {
              String ptx = SimPtx.isRun() ? forGpu(text) : ptxOrListing(text);
              return load.apply(ptx + "\n// klif-sim-object: " + object + "\n");
            });
  }

  private String ptxOrListing(CudaText text) {
    return ptx(text, new ArrayList<>()).orElseGet(() -> listing(text));
  }

  /** PTX alone. */
  String forGpu(CudaText text) {
    List<KlifException> failures = new ArrayList<>();
    return ptx(text, failures)
        .orElseThrow(
            () ->
                failures.isEmpty()
                    ? new KlifException(
                        "neuron %s is compiled for the GPU by nvcc or NVRTC, and neither is here; %s"
                            .formatted(text.name(), INSTALL))
                    : failures.get(0));
  }

  /**
   * PTX by the first compiler that works: nvcc may be there and refuse the host's compiler.
   *
   * @param failures that are not the user's are added
   */
  private Optional<String> ptx(CudaText text, List<KlifException> failures) {
    for (Supplier<Optional<? extends CudaCompiler>> find : compilers) {
      try {
        Optional<? extends CudaCompiler> compiler = find.get();
        if (compiler.isPresent()) {
          return Optional.of(ptx(text, compiler.get()));
        }
      } catch (KlifException e) {
        if (isTheUsers(text, e)) {
          throw e;
        }
        failures.add(e);
      }
    }
    return Optional.empty();
  }

  /** Whether a failure names a line of the user's files. */
  private static boolean isTheUsers(CudaText text, KlifException e) {
    return text.sources().stream()
        .anyMatch(source -> String.valueOf(e.getMessage()).startsWith(source.origin() + ":"));
  }

  /** PTX by that compiler, which is asked only once. */
  private String ptx(CudaText text, CudaCompiler compiler) {
    List<String> parts = new ArrayList<>(flags.flags());
    parts.addAll(List.of(flags.ptxVersion(), text.text(), headers.hash(), compiler.version()));
    parts.add(Integer.toString(DriverLibrary.version()));
    return cache.load(
        text.name(),
        KernelCache.key(parts),
        ".ptx",
        (target, work) -> AtomicFile.write(target, compiler.ptx(text, headers, flags, work)),
        file -> read(text, file));
  }

  private static String read(CudaText text, Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new KlifException(
          "cannot read the compiled neuron %s from %s: %s; remove that file"
              .formatted(text.name(), file, e.getMessage()),
          e);
    }
  }

  /** Entries without bodies: what the stand-in driver compares with the shared object. */
  private String listing(CudaText text) {
    StringBuilder ptx = new StringBuilder();
    ptx.append(".version ").append(flags.ptxVersion()).append("\n.target sm_80\n");
    ptx.append(".address_size 64\n");
    for (CudaText.Entry entry : text.entries()) {
      List<String> parameters = new ArrayList<>();
      for (int bytes : entry.parameterBytes()) {
        parameters.add(
            bytes == Long.BYTES
                ? ".param .u64 p" + parameters.size()
                : ".param .align 4 .b8 p%d[%d]".formatted(parameters.size(), bytes));
      }
      ptx.append(".visible .entry ").append(entry.name()).append("(\n");
      ptx.append(String.join(",\n", parameters)).append(")\n{\nret;\n}\n");
    }
    return ptx.toString();
  }
}
