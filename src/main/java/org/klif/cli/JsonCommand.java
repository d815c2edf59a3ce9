package org.klif.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.klif.device.Device;
import org.klif.device.DeviceInfo;
import org.klif.device.DeviceVerdict;
import org.klif.device.Devices;
import picocli.CommandLine.Mixin;

/** A command that prints for people and, with --json, one JSON object as its last line. */
abstract class JsonCommand implements Callable<Integer> {
  /** Where to print. */
  protected final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  private boolean verdictsPrinted;
  private boolean deviceFailed;

  JsonCommand(Console console) {
    this.console = console;
  }

  /**
   * Does the work and prints for people.
   *
   * @param result filled with what --json prints
   * @return the exit code
   */
  abstract int run(ObjectNode result);

  /** Prints a line for people ({@link Console#line}). */
  final void line(String format, Object... values) {
    console.line(format, values);
  }

  /** Prints and puts the device that is timed, and how many threads a CPU takes. */
  final void showDevice(ObjectNode result, Device device, int threads) {
    DeviceInfo info = device.info();
    line("device %s: %s", info.name(), info.description());
    result.put("device", info.name());
    result.put("deviceDescription", info.description());
    result.put("threads", threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
  }

  /** Prints the command's summary; ahead of it, what devices found out about themselves. */
  final void summary(String line) {
    verdicts();
    console.out().println(line);
  }

  private void verdicts() {
    if (verdictsPrinted) {
      return;
    }
    verdictsPrinted = true;
    for (DeviceVerdict verdict : Devices.verdicts()) {
      console.out().println(verdict.line());
      deviceFailed |= verdict.failed();
    }
  }

  @Override
  public final Integer call() {
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    int code = run(result);
    verdicts();
    if (deviceFailed) {
      code = Math.max(code, KlifCommand.FAILED);
    }
    if (common.json) {
      console.out().println(result);
    }
    console.out().flush();
    return code;
  }
}
