package org.klif.cli;

import java.io.PrintStream;

/**
 * Where a command prints.
 *
 * @param out results and progress
 * @param err errors
 * @param terminal out is a terminal: a progress bar may redraw its line
 */
record Console(PrintStream out, PrintStream err, boolean terminal) {}
