package org.klif.device.compile;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.klif.io.AtomicFile;

/**
 * NVIDIA's compiler, started as a program.
 *
 * @param compiler nvcc itself
 */
public record Nvcc(Compiler compiler) implements CudaCompiler {
  private static final Path TOOLKITS = Path.of("/usr/local");

  /**
   * The one on the search path, of CUDA_HOME or CUDA_PATH, or of the newest toolkit in /usr/local.
   * Without g++, which it needs itself, it does not count.
   */
  public static Optional<Nvcc> find() {
    return find(System.getenv(), TOOLKITS);
  }

  static Optional<Nvcc> find(Map<String, String> environment, Path toolkits) {
    if (tool("g++", environment, List.of()).isEmpty()) {
      return Optional.empty();
    }
    return tool("nvcc", environment, toolkits(environment, toolkits))
        .flatMap(path -> Compiler.find(path.toString()))
        .map(Nvcc::new);
  }

  /** ptxas, of the search path or beside nvcc. */
  static Optional<Compiler> assembler() {
    Map<String, String> environment = System.getenv();
    return tool("ptxas", environment, toolkits(environment, TOOLKITS))
        .flatMap(path -> Compiler.find(path.toString()));
  }

  private static Optional<Path> tool(
      String name, Map<String, String> environment, List<Path> otherFolders) {
    return Stream.concat(
            Splitter.on(':')
                .omitEmptyStrings()
                .splitToStream(environment.getOrDefault("PATH", ""))
                .map(folder -> Path.of(folder)),
            otherFolders.stream())
        .map(folder -> folder.resolve(name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static List<Path> toolkits(Map<String, String> environment, Path installed) {
    List<Path> folders = new ArrayList<>();
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      String home = environment.getOrDefault(variable, "");
      if (!home.isEmpty()) {
        folders.add(Path.of(home, "bin"));
      }
    }
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(installed, "cuda*")) {
      entries.forEach(entry -> found.add(entry.resolve("bin")));
    } catch (IOException e) {
      return folders; // no such folder, so no toolkit in it
    }
    found.sort(Comparator.reverseOrder());
    folders.addAll(found);
    return folders;
  }

  @Override
  public String version() {
    return compiler.toString();
  }

  @Override
  public String ptx(CudaText text, KernelHeaders headers, CudaFlags flags, Path work)
      throws IOException {
    headers.writeTo(work);
    Path source = work.resolve("neuron.cu");
    Path target = work.resolve("neuron.ptx");
    AtomicFile.write(source, text.text());
    List<String> arguments = new ArrayList<>(List.of("-ptx"));
    arguments.addAll(flags.flags());
    arguments.addAll(List.of(KernelHeaders.SEARCH, "-o", target.toString(), source.toString()));
    compiler.compile("neuron " + text.name(), arguments, work, text.sources());
    return flags.lowered(Files.readString(target, StandardCharsets.UTF_8));
  }
}
