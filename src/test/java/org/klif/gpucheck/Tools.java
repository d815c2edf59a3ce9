package org.klif.gpucheck;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.klif.bench.H100;
import org.klif.sweep.JavaLaunch;

/**
 * Makes and runs the programs of the check: Klif and its tests in this Java and class path, Python
 * with the peer, and tools of the system.
 *
 * @param bundle the unpacked bundle: vectors, data, sim, gpu_peer.py
 * @param device as in --device
 * @param python a Python with torch, or null when none was found
 * @param log gets all output
 */
record Tools(Path bundle, String device, @Nullable String python, Log log) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TEMPORARY = "tmp";
  private static final String PATH = "PATH";

  /** klif WORDS --device DEVICE --json. */
  Command klif(String... words) {
    List<String> all = new ArrayList<>();
    all.add("org.klif.cli.Main");
    all.addAll(List.of(words));
    all.addAll(List.of("--device", device, "--json"));
    return java(all);
  }

  /** klif WORDS --json, without a device. */
  Command klifAnywhere(String... words) {
    List<String> all = new ArrayList<>();
    all.add("org.klif.cli.Main");
    all.addAll(List.of(words));
    all.add("--json");
    return java(all);
  }

  /** The contract tests of the device. */
  Command contract() {
    return java(List.of(ContractRun.class.getName(), contractTest()));
  }

  /** Those of them that launch each kind of kernel, for a tool under which all take too long. */
  Command sample() {
    return java(
        List.of(
            "-D%s=%s".formatted(ContractRun.ONLY, ContractRun.SAMPLE),
            ContractRun.class.getName(),
            contractTest()));
  }

  private String contractTest() {
    return device.equals("cpu")
        ? "org.klif.device.cpu.CpuDeviceContractTest"
        : "org.klif.device.cuda.CudaDeviceContractTest";
  }

  /** The contract of neurons of the user's own. */
  Command ownNeuron() {
    return java(
        List.of(
            ContractRun.class.getName(),
            device.equals("cpu")
                ? "org.klif.device.cpu.CustomCpuUnitTest"
                : "org.klif.device.cuda.CustomCudaUnitTest"));
  }

  /** The neurons' files that come with Klif beside those by hand. */
  Command shippedNeurons() {
    return java(
        List.of(
            // the bundle has the golden vectors where ../shared has them
            "-Dklif.shared=" + bundle,
            ContractRun.class.getName(),
            device.equals("cpu")
                ? "org.klif.device.cpu.ShippedNeuronsTest"
                : "org.klif.device.cuda.CudaShippedNeuronsTest"));
  }

  /** Further tests that run on a GPU: precisions, streaming, captured steps, whole epochs. */
  Command furtherTests() {
    return java(
        List.of(
            ContractRun.class.getName(),
            "org.klif.device.cuda.CudaLowPrecisionTest",
            "org.klif.device.cuda.CudaPrecisionTest",
            "org.klif.nn.CudaStreamingTest",
            "org.klif.optim.PrecisionTrainingTest",
            "org.klif.train.CudaTrainingTest",
            "org.klif.train.CudaDigitsTest"));
  }

  private Command java(List<String> words) {
    List<String> all = new ArrayList<>();
    all.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    all.addAll(JavaLaunch.programOptions());
    all.addAll(
        List.of(
            "-Xmx3g",
            "-Dklif.test.device=" + device,
            "-Dklif.sim.libraries=" + bundle.resolve("sim"),
            // natives are unpacked where programs may run, whatever /tmp and the home folder
            // are
            "-Djava.io.tmpdir=" + bundle.resolve(TEMPORARY),
            "-Djna.tmpdir=" + bundle.resolve(TEMPORARY),
            // compiled anew in each check
            "-Dklif.kernels.cache=" + bundle.resolve(TEMPORARY).resolve("kernels"),
            "-Dorg.bytedeco.javacpp.cachedir=" + bundle.resolve(TEMPORARY),
            "-cp",
            classPath()));
    all.addAll(words);
    // the stand-in is then as wide as an H100, as what fits four multiprocessors may not fit that
    return new Command(
        all,
        Map.of("GOMP_SPINCOUNT", "500", "KLIF_SIM_MULTIPROCESSORS", "" + H100.MULTIPROCESSORS));
  }

  private String classPath() {
    return Files.exists(bundle.resolve("klif.jar"))
        ? String.join(
            File.pathSeparator, bundle + "/klif.jar", bundle + "/tests.jar", bundle + "/lib/*")
        : System.getProperty("java.class.path");
  }

  /** gpu_peer.py WORDS. */
  Command peer(String... words) {
    List<String> all = new ArrayList<>();
    all.add(python);
    all.add(bundle.resolve("gpu_peer.py").toString());
    all.addAll(List.of(words));
    return new Command(all, Map.of());
  }

  /** A program on the search path, or null. */
  static @Nullable Path find(String name, List<Path> further) {
    List<Path> folders = new ArrayList<>();
    String path = System.getenv(PATH);
    if (path != null) {
      for (String folder : path.split(File.pathSeparator, -1)) {
        folders.add(Path.of(folder.isEmpty() ? "." : folder));
      }
    }
    folders.addAll(further);
    return folders.stream()
        .map(folder -> folder.resolve(name))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  /**
   * Runs a program whose last line is a JSON object.
   *
   * @param say what to say of a good end
   */
  Outcome json(Command command, int limitSeconds, Function<ObjectNode, String> say) {
    return outcome(command.run(limitSeconds, log), limitSeconds, say);
  }

  /** What an ended program comes to. */
  static Outcome outcome(Command.Ended ended, int limitSeconds, Function<ObjectNode, String> say) {
    if (ended.timedOut()) {
      ObjectNode soFar =
          ended.lines().stream()
              .map(Tools::object)
              .filter(Objects::nonNull)
              .reduce((before, line) -> line)
              .orElse(null);
      return new Outcome(
          Outcome.Status.TIMED_OUT,
          "not done within %d s%s"
              .formatted(limitSeconds, soFar == null ? "" : "; until then " + say.apply(soFar)),
          soFar);
    }
    ObjectNode result = object(ended.lastLine());
    if (ended.code() != 0) {
      String why =
          result != null && result.has("error")
              ? result.get("error").asText()
              : result != null ? say.apply(result) : ended.lastLine();
      return Outcome.failed("exit code %d: %s".formatted(ended.code(), why), result);
    }
    return result == null
        ? Outcome.failed("its last line is no JSON object: " + ended.lastLine(), null)
        : Outcome.passed(say.apply(result), result);
  }

  static @Nullable ObjectNode object(String line) {
    try {
      return line.startsWith("{") && JSON.readTree(line) instanceof ObjectNode node ? node : null;
    } catch (JsonProcessingException e) {
      return null;
    }
  }
}
