package org.klif.device.compile;

import com.google.common.base.Splitter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.klif.KlifException;
import org.klif.neuron.NeuronSource;

/**
 * A C++ compiler that is started as a program: g++, clang++ or nvcc.
 *
 * @param command the program and what always follows it
 * @param version what --version prints, for the hash of compiled code
 */
public record Compiler(List<String> command, String version) {
  /** Copies the list. */
  public Compiler {
    command = List.copyOf(command);
  }

  /**
   * The compiler for the CPU: the one that CXX names, else g++, else clang++.
   *
   * @throws KlifException when there is none, with what to install
   */
  public static Compiler forHost() {
    return forHost(System.getenv());
  }

  static Compiler forHost(Map<String, String> environment) {
    String named = environment.getOrDefault("CXX", "").strip();
    if (!named.isEmpty()) {
      List<String> command = Splitter.on(' ').omitEmptyStrings().splitToList(named);
      return find(command, environment)
          .orElseThrow(
              () ->
                  new KlifException(
                      "CXX names the C++ compiler %s, and there is no such program; correct CXX, or unset it to use g++"
                          .formatted(command.get(0))));
    }
    return find(List.of("g++"), environment)
        .or(() -> find(List.of("clang++"), environment))
        .orElseThrow(
            () ->
                new KlifException(
                    "a neuron of your own is compiled for the CPU by g++ or clang++, and neither is here; install one (Debian, Ubuntu: apt install g++), or name one in CXX"));
  }

  /** The program of that name on the search path, or a path to one; empty when there is none. */
  public static Optional<Compiler> find(String program) {
    return find(List.of(program), System.getenv());
  }

  private static Optional<Compiler> find(List<String> command, Map<String, String> environment) {
    String program = command.get(0);
    List<String> folders =
        program.contains("/")
            ? List.of("")
            : Splitter.on(':').splitToList(environment.getOrDefault("PATH", ""));
    if (folders.stream().noneMatch(folder -> Files.isExecutable(Path.of(folder, program)))) {
      return Optional.empty();
    }
    List<String> ask = new ArrayList<>(command);
    ask.add("--version");
    Subprocess.Outcome answer = run(ask, Path.of(System.getProperty("java.io.tmpdir")), Map.of());
    return Optional.of(new Compiler(command, answer.output()));
  }

  /**
   * Runs it, in an empty folder that also takes its temporary files.
   *
   * @param purpose for messages: what is compiled, or what it is run for
   * @param sources the user's files in the text, for errors
   * @return what it printed
   * @throws KlifException when it fails, with the user's file and line and the compiler's reason
   */
  public String compile(
      String purpose, List<String> arguments, Path folder, List<NeuronSource> sources) {
    List<String> all = new ArrayList<>(command);
    all.addAll(arguments);
    Subprocess.Outcome outcome = run(all, folder, Map.of("TMPDIR", folder.toString()));
    if (outcome.code() != 0) {
      throw CompilerMessages.failure(purpose, command.get(0), outcome.output(), sources);
    }
    return outcome.output();
  }

  private static Subprocess.Outcome run(
      List<String> command, Path folder, Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    // messages in English, with plain quotes: CompilerMessages reads them
    all.put("LC_ALL", "C");
    return Subprocess.run(command, folder, all);
  }
}
