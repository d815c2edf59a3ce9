package org.klif.device.cuda;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.klif.KlifException;
import org.klif.device.compile.CudaCompiler;
import org.klif.device.compile.CudaFlags;
import org.klif.device.compile.CudaText;
import org.klif.device.compile.KernelCache;
import org.klif.device.compile.KernelHeaders;
import org.klif.device.compile.Nvcc;

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
  private final KernelHeaders headers = new KernelHeaders(CudaText.HEADERS);
  private final CudaFlags flags = new CudaFlags();

  NeuronImages(KernelCache cache) {
    this.cache = cache;
  }

  /**
   * The image for the driver that this process runs on.
   *
   * @throws KlifException with the user's file and line, or with what to install
   */
  String of(CudaText text) {
    if (DriverLibrary.kind() == DriverLibrary.Kind.SIM) {
      // first: what g++ says of a mistake is what a user reads on the CPU, too
      Path object = new SimNeurons(SimLibraries.folder(), cache).object(text);
      String ptx = compiler().map(c -> ptx(text, c)).orElseGet(() -> listing(text));
      return ptx + "\n// klif-sim-object: " + object + "\n";
    }
    return ptx(
        text,
        compiler()
            .orElseThrow(
                () ->
                    new KlifException(
                        "neuron %s is compiled for the GPU by nvcc or NVRTC, and neither is here; %s"
                            .formatted(text.name(), INSTALL))));
  }

  /** nvcc, else NVRTC. */
  static Optional<CudaCompiler> compiler() {
    Optional<CudaCompiler> nvcc = Nvcc.find().map(found -> found);
    return nvcc.isPresent() ? nvcc : Nvrtc.find().map(found -> found);
  }

  /** PTX by that compiler, which is asked only once. */
  String ptx(CudaText text, CudaCompiler compiler) {
    List<String> parts = new ArrayList<>(flags.flags());
    parts.addAll(List.of(flags.ptxVersion(), text.text(), headers.hash(), compiler.version()));
    parts.add(Integer.toString(DriverLibrary.version()));
    Path file =
        cache.get(
            text.name(),
            KernelCache.key(parts),
            ".ptx",
            (target, work) ->
                Files.writeString(
                    target, compiler.ptx(text, headers, flags, work), StandardCharsets.UTF_8));
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
