package org.klif.testing;

import org.junit.jupiter.api.Assumptions;
import org.klif.device.compile.Compiler;

/** The C++ compiler of this machine, which neurons of a user's own need on the CPU. */
public final class HostCompiler {
  private HostCompiler() {}

  /** Skips the calling test, with the reason, where there is none. */
  public static void require() {
    boolean present = Compiler.find("g++").isPresent() || Compiler.find("clang++").isPresent();
    Assumptions.assumeTrue(present, "skipped: neither g++ nor clang++ is here");
  }
}
