package org.klif.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.common.base.Ascii;
import com.google.common.base.Throwables;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.Version;
import org.klif.config.Nearest;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program: its commands, and how errors are shown. */
@Command(
    name = "klif",
    description = "Spiking neural networks with KLIF neurons: training, evaluation, reports.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "Start with: klif train digits"})
final class KlifCommand implements Runnable {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;

  /** As a shell reports a program that was ended by SIGINT. */
  static final int INTERRUPTED = 130;

  /** Options whose value the memory of a command grows with. */
  private static final List<String> MEMORY_OPTIONS = List.of("--batch", "--T", "--jobs");

  final CommandLine commands;

  @Mixin CommonOptions common = new CommonOptions();

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  boolean version;

  KlifCommand(Console console, Interruption interruption) {
    commands = new CommandLine(this);
    commands
        .addSubcommand(new TrainCommand(console, interruption))
        .addSubcommand(new SweepCommand(console, interruption))
        .addSubcommand(new EvalCommand(console))
        .addSubcommand(new PredictCommand(console))
        .addSubcommand(new ReportCommand(console))
        .addSubcommand(new ReproduceCommand(console, interruption))
        .addSubcommand(
            CommandGroup.of(
                "export",
                "Write a trained network for other frameworks.",
                "klif export to what?",
                new ExportNirCommand(console),
                new ExportSpikingJellyCommand(console)))
        .addSubcommand(
            CommandGroup.of(
                "import",
                "Make a run of a network that was trained elsewhere.",
                "klif import from what?",
                new ImportNirCommand(console),
                new ImportSpikingJellyCommand(console)))
        .addSubcommand(
            CommandGroup.of(
                "data",
                "Fetch, check and find data sets.",
                "klif data does what?",
                new DataCommand.Get(console),
                new DataCommand.Check(console),
                new DataCommand.ListSets(console),
                new DataCommand.PathOf(console),
                new DataShowCommand(console),
                new DataStatsCommand(console)))
        .addSubcommand(new VerifyCommand(console))
        .addSubcommand(new GradcheckCommand(console))
        .addSubcommand(
            CommandGroup.of(
                "kernel",
                "Write, check, time and look at a neuron of your own (docs/EXTENDING.md).",
                "klif kernel what?",
                new KernelNewCommand(console),
                new KernelBuildCommand(console),
                new KernelCheckCommand(console),
                new KernelBenchCommand(console),
                new KernelTraceCommand(console),
                new KernelListCommand(console)))
        .addSubcommand(new DevicesCommand(console))
        .addSubcommand(
            CommandGroup.of(
                "bench",
                "Measure speed and memory beside what the machine can do.",
                "klif bench what?",
                new BenchNeuronCommand(console),
                new BenchKernelsCommand(console),
                new BenchTrainCommand(console),
                new BenchDataCommand(console)))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .registerConverter(Path.class, KlifCommand::path)
        // the help's own styles; it quotes nobody
        .setOut(writer(console.raw()))
        .setErr(writer(console.err()));
    commands.getCommandSpec().version("klif " + Version.NUMBER);
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  /**
   * Runs a command line.
   *
   * @return the exit code: 0 done, 1 something found while working, 2 the command line is wrong
   */
  static int execute(Console console, Interruption interruption, String... args) {
    List<String> words = Arrays.asList(args);
    boolean json = words.contains("--json");
    boolean verbose = words.contains("--verbose");
    CommandLine commands = new KlifCommand(console, interruption).commands;
    commands.setParameterExceptionHandler(
        (e, arguments) -> fail(console, new UsageException(explain(e)), json, verbose));
    commands.setExecutionExceptionHandler((e, command, parsed) -> fail(console, e, json, verbose));
    try {
      return commands.execute(args);
    } catch (OutOfMemoryError e) {
      return fail(console, outOfMemory(e, commands, words), json, verbose);
    } catch (Error e) {
      return fail(console, e, json, verbose);
    }
  }

  @Override
  public void run() {
    throw new UsageException(
        "which command? There are %s; klif --help says more"
            .formatted(String.join(", ", commands.getSubcommands().keySet())));
  }

  /** What is wrong with the command line, in one line, with what may have been meant. */
  private static String explain(ParameterException e) {
    CommandLine command = e.getCommandLine();
    String more = "; " + command.getCommandSpec().qualifiedName() + " --help says more";
    if (e instanceof UnmatchedArgumentException unmatched) {
      String word = unmatched.getUnmatched().get(0);
      boolean option = word.startsWith("-");
      boolean parent = !command.getSubcommands().isEmpty();
      Set<String> known =
          option
              ? command.getCommandSpec().optionsMap().keySet()
              : command.getSubcommands().keySet();
      String what = option ? "unknown option" : parent ? "unknown command" : "unexpected argument";
      String suggestion = Nearest.suggestion(word, known);
      return "%s '%s'%s".formatted(what, word, suggestion.isEmpty() ? more : suggestion);
    }
    String message = e.getMessage().lines().findFirst().orElse("the command line is wrong");
    return Ascii.toLowerCase(message.substring(0, 1)) + message.substring(1) + more;
  }

  /** A path of the command line; what is none is said without Java's words. */
  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new TypeConversionException(
          text.indexOf(0) >= 0
              ? "'%s' is no path".formatted(text)
              : "'%s' is no name of a file in this locale; start Klif by its script klif, or set LC_ALL=C.UTF-8"
                  .formatted(text));
    }
  }

  /** With what the command has to need less. */
  private static KlifException outOfMemory(
      OutOfMemoryError e, CommandLine commands, List<String> words) {
    CommandLine command = commands;
    for (String word : words) {
      command = command.getSubcommands().getOrDefault(word, command);
    }
    return new KlifException(
        "out of memory (%s); %s".formatted(e.getMessage(), lessMemory(command)), e);
  }

  /** What needs less memory, of what this command can be told. */
  static String lessMemory(CommandLine command) {
    List<String> smaller =
        MEMORY_OPTIONS.stream()
            .filter(option -> command.getCommandSpec().findOption(option) != null)
            .toList();
    String heap = "JDK_JAVA_OPTIONS=-Xmx8g, for one, makes the heap larger";
    return smaller.isEmpty()
        ? "what it was given is too large for Java's heap; " + heap
        : "a smaller " + String.join(" or ", smaller) + " needs less, and " + heap;
  }

  private static int fail(Console console, Throwable failure, boolean json, boolean verbose) {
    PrintStream err = console.err();
    String message;
    if (failure instanceof KlifException found) {
      message = CommandWords.of(found);
    } else if (failure instanceof InvalidPathException e) {
      message = "\"%s\" is not a path: %s".formatted(e.getInput(), e.getReason());
    } else {
      message = "internal error: " + failure + (verbose ? "" : " (--verbose shows where)");
    }
    console.out().flush();
    err.println("klif: " + message);
    if (verbose) {
      err.print(Throwables.getStackTraceAsString(failure));
    }
    err.flush();
    int code = failure instanceof UsageException ? USAGE : FAILED;
    if (json) {
      console
          .out()
          .println(
              JsonNodeFactory.instance.objectNode().put("error", message).put("exitCode", code));
      console.out().flush();
    }
    return code;
  }
}
