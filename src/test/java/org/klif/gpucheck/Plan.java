package org.klif.gpucheck;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** The steps of a check in their order, for one device. */
final class Plan {
  private static final String STAND_IN = "sim";
  private static final String CPU = "cpu";

  private static final int KERNELS_LIMIT = 120;

  /** What a training run says of its speed. */
  private static final List<String> TIMES =
      List.of("secondsPerEpoch", "imagesPerSecond", "peakResidentBytes");

  private static final List<String> NVIDIA_SMI =
      List.of(
          "nvidia-smi",
          "--query-gpu=name,driver_version,memory.total,power.limit,clocks.max.sm,clocks.max.memory",
          "--format=csv,noheader");

  private final Tools tools;
  private final Scale scale;
  private final Floors floors;
  private final Path runs;
  private final List<Step> steps = new ArrayList<>();

  private Plan(Tools tools, Path runs) {
    this.tools = tools;
    this.scale = Scale.of(tools.device());
    this.floors = Floors.read(tools.bundle().resolve(Floors.FILE));
    this.runs = runs;
  }

  /**
   * All steps, in the order of their worth, as a borrowed GPU is often there for fifteen minutes
   * only: is it right, how fast are kernels and the paper's networks beside PyTorch, are bits
   * repeated, does a user's neuron run; then what takes longer.
   *
   * @param runs folder of training runs
   */
  static List<Step> of(Tools tools, Path runs) {
    Plan plan = new Plan(tools, runs);
    plan.correctness(1);
    plan.kernels(2, "kernels", plan.scale.firstSteps(), plan.scale.firstSizes());
    plan.firstNetworks(3, plan.scale.precisions().get(0));
    if (plan.scale.precisions().size() > 1) {
      plan.firstNetworks(4, plan.scale.precisions().get(1));
    }
    plan.bitsAndOwnNeuron(5);
    plan.sanitizers(6);
    plan.paperPreset(7);
    plan.kernels(8, "all-kernels", plan.scale.kernelSteps(), plan.scale.kernelSizes());
    plan.otherNetworks(9);
    plan.furtherTraining(10);
    plan.peersOfNeurons(11);
    plan.compiledPeers(12);
    return List.copyOf(plan.steps);
  }

  /** Whether the device only stands in for a GPU, so that no time means anything. */
  private boolean rehearsal() {
    return tools.device().equals(STAND_IN);
  }

  private void add(String name, int part, int limit, Supplier<Outcome> work) {
    steps.add(new Step(name, part, limit, work));
  }

  private void correctness(int part) {
    add("machine", part, 15, () -> machine(15));
    add(
        CheckRecord.DEVICES,
        part,
        90, // the first to wake the GPU and to load its libraries from the disk
        () -> judgeDevices(tools.json(tools.klifAnywhere("devices"), 90, result -> "listed")));
    add("contract", part, 150, () -> tools.json(tools.contract(), 150, Plan::tests));
    add("golden", part, 40, () -> tools.json(golden(), 40, Plan::cases));
    add("gradients", part, 130, () -> tools.json(gradients(), 130, Plan::rows));
    add("equal-to-cpu", part, 50, () -> tools.json(random("float32"), 50, Plan::cases));
    add("equal-to-cpu-bf16", part, 50, () -> tools.json(random("bf16"), 50, Plan::cases));
  }

  /** On the CPU and on the stand-in driver these take a C++ compiler, on a GPU nvcc or NVRTC. */
  private Outcome neurons(Command tests, int limit) {
    boolean onProcessor = rehearsal() || tools.device().equals(CPU);
    if (onProcessor && Tools.find("g++", List.of()) == null) {
      return Outcome.notAvailable("users' neurons need a C++ compiler here, and there is no g++");
    }
    return tools.json(tests, limit, Plan::tests);
  }

  /** A neuron from a file beside LIF and KLIF by hand, compiled for this device. */
  private Outcome ownNeuronBench(int limit) {
    return rehearsal()
        ? Outcome.skipped("times mean nothing in a rehearsal")
        : tools.json(tools.klif("kernel", "bench", "alif"), limit, Plan::byLif);
  }

  private static String byLif(ObjectNode result) {
    JsonNode own = result.path("rows").path(0);
    return String.format(
        Locale.ROOT,
        "%s: %.4f ns a neuron-step, %.2f times LIF's",
        own.path("neuron").asText(),
        own.path("bothNs").asDouble(),
        own.path("byLif").asDouble());
  }

  private Command golden() {
    return tools.klif("verify", "--vectors", tools.bundle().resolve("golden").toString());
  }

  /** Random neuron layers of up to 10^6 neurons: the CPU's spikes to the bit. */
  private Command random(String precision) {
    return tools.klif(
        "verify", "--random", String.valueOf(scale.randomCases()), "--precision", precision);
  }

  private Command gradients() {
    return tools.klif("gradcheck");
  }

  private Outcome machine(int limit) {
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    result.put("processor", Machine.processor());
    result.put("processors", Runtime.getRuntime().availableProcessors());
    result.put("system", Machine.system());
    result.put("java", Runtime.version().toString());
    result.set(Machine.BUDGET, floors.budget());
    result.put("cudaLibraries", System.getenv("KLIF_CUDA_LIBRARIES"));
    if (Tools.find(NVIDIA_SMI.get(0), List.of()) == null) {
      return Outcome.passed(result.get("processor").asText() + "; no nvidia-smi here", result);
    }
    Command.Ended ended = new Command(NVIDIA_SMI, Map.of()).run(limit, tools.log());
    if (ended.code() == 0) {
      result.put("gpu", ended.lastLine());
    }
    return Outcome.passed(ended.lastLine(), result);
  }

  private Outcome judgeDevices(Outcome listed) {
    return listed.result() == null ? listed : judgeDevices(tools.device(), listed.result());
  }

  /**
   * What the list of devices says of one. A GPU is listed by its number, {@code cuda:0}, and {@code
   * cuda} is the first; where none can be used there is one entry for all, without a number.
   */
  static Outcome judgeDevices(String wanted, ObjectNode listed) {
    String kind = wanted.replaceFirst(":.*", "");
    for (String name : List.of(wanted, wanted + ":0", kind)) {
      for (JsonNode device : listed.path("devices")) {
        if (device.path("name").asText().equals(name)) {
          return device.path("available").asBoolean()
              ? Outcome.passed(device.path("description").asText(), listed)
              : Outcome.failed(device.path("reason").asText(), listed);
        }
      }
    }
    return Outcome.failed("there is no device " + wanted + " here", listed);
  }

  /** Golden vectors are the smallest shapes; then a sample of the contract, every kernel. */
  private void sanitizers(int part) {
    List<String> all = List.of("memcheck", "racecheck", "initcheck");
    all.forEach(t -> add(t + "-golden", part, 60, () -> sanitizer(t, golden(), 60)));
    all.forEach(t -> add(t + "-contract", part, 115, () -> sanitizer(t, tools.sample(), 115)));
  }

  private Outcome sanitizer(String tool, Command command, int limit) {
    if (rehearsal() || tools.device().equals(CPU)) {
      return Outcome.skipped("compute-sanitizer works on a GPU only");
    }
    Path program = Sanitizer.find();
    return program == null
        ? Outcome.notAvailable("there is no compute-sanitizer on this machine")
        : Sanitizer.run(program, tool, command, limit, tools.log());
  }

  private void kernels(int part, String name, String steps, String sizes) {
    for (String precision : scale.kernelPrecisions()) {
      List<String> words =
          List.of("bench", "kernels", "--precision", precision, "--T", steps, "--neurons", sizes);
      add(
          name + "-" + precision,
          part,
          KERNELS_LIMIT,
          () ->
              tools.json(
                  tools.klif(words.toArray(String[]::new)), KERNELS_LIMIT, this::kernelSpeed));
    }
  }

  /** The paper's networks for MNIST and CIFAR-10, each beside PyTorch on the same device. */
  private void firstNetworks(int part, String precision) {
    for (Scale.Case c : scale.firstNetworks()) {
      addTraining(c, precision, part);
      addPeer(c, precision, "eager", part, 40);
      addPeer(c, precision, "compile", part, 130);
    }
  }

  private void otherNetworks(int part) {
    for (Scale.Case c : scale.networks()) {
      for (String precision : scale.precisions()) {
        if (!scale.isFirst(c, precision)) {
          addTraining(c, precision, part);
          addPeer(c, precision, "eager", part, 25);
        }
      }
    }
  }

  private void addTraining(Scale.Case c, String precision, int part) {
    add(
        "train-%s-%s".formatted(c.name(), precision),
        part,
        40,
        () -> tools.json(step(c, precision), 40, Plan::stepTime));
  }

  private Command step(Scale.Case c, String precision) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "bench",
                "train",
                "--network",
                c.network(),
                "--input",
                c.input(),
                "--T",
                String.valueOf(c.steps()),
                "--batch",
                String.valueOf(c.batch()),
                "--precision",
                precision));
    return tools.klif(words.toArray(String[]::new));
  }

  private void peersOfNeurons(int part) {
    for (String precision : scale.kernelPrecisions()) {
      addPeerNeuron("peer-neuron-eager-" + precision, precision, part, 60, List.of());
    }
    for (String precision : scale.kernelPrecisions()) {
      addPeerNeuron("peer-neuron-compile-" + precision, precision, part, 170, List.of("--compile"));
    }
  }

  private void addPeerNeuron(
      String name, String precision, int part, int limit, List<String> further) {
    List<String> words = new ArrayList<>(List.of("neuron", "--precision", precision));
    words.addAll(List.of("--T", scale.kernelSteps(), "--neurons", scale.peerSizes()));
    words.addAll(further);
    add(name, part, limit, () -> peer(limit, words.toArray(String[]::new)));
  }

  /** What torch.compile needs minutes for: the other networks, and CUDA graphs, in bf16. */
  private void compiledPeers(int part) {
    String precision = scale.precisions().get(0);
    for (Scale.Case c : scale.firstNetworks()) {
      addPeer(c, precision, "graphs", part, 130);
    }
    for (Scale.Case c : scale.networks()) {
      if (!scale.isFirst(c, precision)) {
        addPeer(c, precision, "compile", part, 130);
      }
    }
  }

  private void addPeer(Scale.Case c, String precision, String how, int part, int limit) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "train",
                "--network",
                c.network(),
                "--input",
                c.input(),
                "--T",
                String.valueOf(c.steps()),
                "--batch",
                String.valueOf(c.batch()),
                "--precision",
                precision));
    if (!how.equals("eager")) {
      words.add("--" + how);
    }
    add(
        "peer-%s-%s-%s".formatted(c.name(), how, precision),
        part,
        limit,
        () -> peer(limit, words.toArray(String[]::new)));
  }

  private Outcome peer(int limit, String... words) {
    if (rehearsal()) {
      return Outcome.skipped("nothing to compare with in a rehearsal");
    }
    if (tools.python() == null) {
      return Outcome.notAvailable("no Python with torch was found");
    }
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(
        List.of(
            "--device",
            tools.device(),
            "--seconds",
            String.format(Locale.ROOT, "%.1f", scale.peerSeconds())));
    Outcome outcome = tools.json(tools.peer(all.toArray(String[]::new)), limit, Plan::peerTime);
    // what this PyTorch cannot do here says nothing of Klif
    return outcome.bad()
        ? new Outcome(Outcome.Status.NOT_AVAILABLE, outcome.note(), outcome.result())
        : outcome;
  }

  private void bitsAndOwnNeuron(int part) {
    add("digits", part, 60, () -> digits("digits", 60));
    add("digits-again", part, 60, this::digitsAgain);
    add("own-neuron", part, 120, () -> neurons(tools.ownNeuron(), 120));
    add("own-neuron-bench", part, 90, () -> ownNeuronBench(90));
  }

  /** An epoch of the paper's network on the paper's data. */
  private void paperPreset(int part) {
    add(
        "mnist-epoch",
        part,
        170,
        () -> mnist("mnist", "bf16", scale.mnistEpochs() == 0 ? 0 : 1, 170));
  }

  private void furtherTraining(int part) {
    for (String precision : scale.kernelPrecisions()) {
      add(
          "mnist-" + precision,
          part,
          100,
          () -> mnist("mnist-small", precision, scale.mnistEpochs(), 100));
    }
    add("further-tests", part, 140, () -> furtherTests(140));
    add("shipped-neurons", part, 170, () -> neurons(tools.shippedNeurons(), 170));
  }

  private Outcome furtherTests(int limit) {
    return tools.device().equals(CPU)
        ? Outcome.skipped("they are of the CUDA device")
        : tools.json(tools.furtherTests(), limit, Plan::tests);
  }

  /** Where a training run goes; what an earlier check left there is taken away. */
  private String runFolder(String name) {
    Path folder = runs.resolve(name);
    Machine.delete(folder);
    return folder.toString();
  }

  private Outcome digits(String name, int limit) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "train",
                "digits",
                "--epochs",
                String.valueOf(scale.digitsEpochs()),
                "--out",
                runFolder(name)));
    if (!scale.digitsNetwork().isEmpty()) {
      words.addAll(List.of("--set", "network=" + scale.digitsNetwork()));
    }
    Outcome outcome = tools.json(tools.klif(words.toArray(String[]::new)), limit, Plan::accuracy);
    if (rehearsal() && outcome.result() != null) {
      outcome.result().remove(TIMES); // they are those of the stand-in driver
    }
    return outcome;
  }

  /** The same seed on the same device gives the same bits. */
  private Outcome digitsAgain() {
    Outcome again = digits("digits-again", 60);
    Path first = runs.resolve("digits").resolve(Machine.LAST);
    if (again.bad() || !Files.exists(first)) {
      return again;
    }
    return Machine.sameBytes(first, runs.resolve("digits-again").resolve(Machine.LAST))
        ? Outcome.passed(again.note() + "; the same bits as the first run", again.result())
        : Outcome.failed("the run with the same seed ended with other bits", again.result());
  }

  private Outcome mnist(String preset, String precision, int epochs, int limit) {
    Path data = tools.bundle().resolve("data");
    if (!Files.isDirectory(data.resolve("mnist"))) {
      return Outcome.notAvailable("the bundle was built without MNIST");
    }
    if (epochs == 0) {
      return tools.json(
          tools.klifAnywhere("data", "check", "mnist", "--data", data.toString()),
          limit,
          result -> "the files are there and whole; not trained on in a rehearsal");
    }
    return tools.json(
        tools.klif(
            "train",
            preset,
            "--epochs",
            String.valueOf(epochs),
            "--precision",
            precision,
            "--data",
            data.toString(),
            "--out",
            runFolder(preset + "-" + precision)),
        limit,
        Plan::accuracy);
  }

  private static String tests(ObjectNode result) {
    return "%d passed, %d failed, %d skipped"
        .formatted(
            result.path("passed").asInt(),
            result.path("failed").asInt(),
            result.path("skipped").asInt());
  }

  private static String cases(ObjectNode result) {
    return "%d passed, %d failed"
        .formatted(result.path("passed").asInt(), result.path("failed").asInt());
  }

  private static String rows(ObjectNode result) {
    return "%d ok, %d wrong".formatted(result.path("ok").asInt(), result.path("wrong").asInt());
  }

  /** The neuron's passes beside their floors, at the largest size that was timed. */
  private String kernelSpeed(ObjectNode result) {
    if (!result.path("timed").asBoolean()) {
      return "%d operations ran".formatted(result.path("rows").size());
    }
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT, "copy %.0f GB/s", result.path("copyGigabytesPerSecond").asDouble()));
    for (String operation : Floors.OPERATIONS) {
      Floors.largest(result, operation)
          .ifPresent(
              row ->
                  text.append(
                      String.format(
                          Locale.ROOT,
                          "; %s %.3f ms, floor %s",
                          operation,
                          row.path("medianMs").asDouble(),
                          floors.text(result, row))));
    }
    return text.toString();
  }

  private static String stepTime(ObjectNode result) {
    return result.has("msPerStep")
        ? String.format(Locale.ROOT, "%.3f ms a step", result.get("msPerStep").asDouble())
        : "ran";
  }

  private static String peerTime(ObjectNode result) {
    return result.has("medianMs")
        ? String.format(Locale.ROOT, "%.3f ms a step", result.get("medianMs").asDouble())
        : "%d figures".formatted(result.path("rows").size());
  }

  private static String accuracy(ObjectNode result) {
    return String.format(
        Locale.ROOT,
        "test accuracy %.2f %% after %d epochs",
        100 * result.path("testAccuracy").asDouble(),
        result.path("epochs").asInt());
  }
}
