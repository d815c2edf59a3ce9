package org.klif.device.cuda;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.klif.KlifException;
import org.klif.device.compile.Compiler;
import org.klif.device.compile.CudaText;
import org.klif.device.compile.KernelCache;
import org.klif.io.AtomicFile;

/**
 * Users' neurons for the stand-in driver: the kernels' text compiled by g++ into a shared object,
 * with the headers and flags that native/sim/build put beside the driver.
 *
 * @param libraries the stand-in's folder
 */
record SimNeurons(Path libraries, KernelCache cache) {
  private static final String DRIVER = "libcuda.so.1";

  /**
   * Uses the shared object, compiled if need be.
   *
   * @param use again when somebody deleted it ahead of its use
   */
  <T> T load(CudaText text, Function<Path, T> use) {
    Compiler compiler =
        Compiler.find("g++")
            .orElseThrow(
                () ->
                    new KlifException(
                        "neuron %s is compiled for the stand-in driver by g++, and g++ is absent; install it (Debian, Ubuntu: apt install g++)"
                            .formatted(text.name())));
    try {
      Path include = libraries.resolve("include");
      String flags = Files.readString(libraries.resolve("flags"), StandardCharsets.UTF_8);
      List<String> parts = new ArrayList<>(List.of(cpp(text), flags, compiler.toString()));
      for (Path header : headers(include)) {
        parts.add(Files.readString(header, StandardCharsets.UTF_8));
      }
      return cache.load(
          text.name() + "-sim",
          KernelCache.key(parts),
          ".so",
          (target, work) -> compile(compiler, text, flags, include, target, work),
          use);
    } catch (IOException e) {
      throw new KlifException(
          "the stand-in driver in %s cannot take neurons of your own (%s); build it again with native/sim/build"
              .formatted(libraries, e.getMessage()),
          e);
    }
  }

  private static List<Path> headers(Path include) throws IOException {
    try (var files = Files.walk(include)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private void compile(
      Compiler compiler, CudaText text, String flags, Path include, Path target, Path work)
      throws IOException {
    Path source = work.resolve("neuron.cpp");
    AtomicFile.write(source, cpp(text));
    String first = flags.lines().findFirst().orElse("");
    List<String> arguments =
        new ArrayList<>(Splitter.on(' ').omitEmptyStrings().splitToList(first));
    arguments.addAll(List.of("-w", "-I" + include, "-shared", "-Wl,-z,defs"));
    arguments.addAll(List.of("-o", target.toString(), source.toString()));
    arguments.addAll(List.of("-L" + libraries, "-l:" + DRIVER));
    compiler.compile("neuron " + text.name(), arguments, work, text.sources());
  }

  /** The kernels, and the function that hands them to the driver. */
  private static String cpp(CudaText text) {
    StringBuilder cpp = new StringBuilder("#include \"kernels.h\"\n");
    cpp.append("#include \"common/platform.cuh\"\n").append(text.text());
    cpp.append("extern \"C\" KLIF_SIM_FOR_KERNELS void KLIF_SIM_KERNELS_OF_OBJECT(");
    cpp.append("std::vector<klif_sim::HostKernel>& to) {\n");
    for (CudaText.Entry entry : text.entries()) {
      cpp.append(
          "  to.push_back(klif_sim::Entry<&%s>::describe(\"%s\", \"%1$s\"));\n"
              .formatted(entry.name(), text.name()));
    }
    return cpp.append("}\n").toString();
  }
}
