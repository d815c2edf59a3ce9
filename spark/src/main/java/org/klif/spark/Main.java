package org.klif.spark;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.Version;
import org.klif.cli.CommandWords;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point: klif-spark sweep and klif-spark train. */
@Command(
    name = "klif-spark",
    description = "Sweeps and data-parallel training of Klif on a cluster of Apache Spark.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    version = "klif-spark " + Version.NUMBER)
public final class Main implements Runnable {
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  /** Runs one command and exits with its code: 0 done, 1 something found while working, 2 usage. */
  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    System.exit(execute(new Output(System.out, System.err), args));
  }

  /** Runs a command line and gives its exit code. */
  static int execute(Output output, String... args) {
    List<String> words = Arrays.asList(args);
    boolean json = words.contains("--json");
    boolean verbose = words.contains("--verbose");
    CommandLine commands =
        new CommandLine(new Main())
            .addSubcommand("sweep", new SweepCommand(output))
            .addSubcommand("train", new TrainCommand(output));
    commands.setParameterExceptionHandler(
        (e, arguments) ->
            fail(
                output,
                new UsageException(
                    "%s; %s --help says more"
                        .formatted(
                            e.getMessage().lines().findFirst().orElse("the command line is wrong"),
                            e.getCommandLine().getCommandSpec().qualifiedName())),
                json,
                verbose));
    commands.setExecutionExceptionHandler((e, command, parsed) -> fail(output, e, json, verbose));
    return commands.execute(args);
  }

  @Override
  public void run() {
    throw new UsageException(
        "which command? There are sweep and train; klif-spark --help says more");
  }

  private static int fail(Output output, Throwable failure, boolean json, boolean verbose) {
    String message =
        failure instanceof KlifException found
            ? CommandWords.of(found)
            : "internal error: " + failure + (verbose ? "" : " (--verbose shows where)");
    output.note(message);
    if (verbose) {
      failure.printStackTrace(output.err());
    }
    int code = failure instanceof UsageException ? USAGE : FAILED;
    if (json) {
      output.line(
          JsonNodeFactory.instance
              .objectNode()
              .put("error", message)
              .put("exitCode", code)
              .toString());
    }
    return code;
  }
}
