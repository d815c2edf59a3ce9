package org.klif.cli;

import picocli.CommandLine.Option;

/** Options of every command. */
final class CommonOptions {
  @Option(names = "--json", description = "Make the last line of stdout one JSON object.")
  boolean json;

  @Option(names = "--verbose", description = "Show where in the program an error arose.")
  boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;
}
