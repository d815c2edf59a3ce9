/**
 * The command line: one class a command. Commands parse options and print; the work is elsewhere.
 */
package org.klif.cli;
