package org.klif.device.compile;

import com.google.common.base.Splitter;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Flags of the CUDA kernels, from cuda-kernels/flags.mk, which the kernels' Makefile reads, too.
 */
public final class CudaFlags {
  private static final String FILE = "flags.mk";
  private static final Pattern VERSION = Pattern.compile("(?m)^\\.version .*$");

  private final String text = new KernelHeaders(FILE).texts().get(FILE);

  /** What nvcc and NVRTC are both given. */
  public List<String> flags() {
    return Splitter.on(' ').omitEmptyStrings().splitToList(value("FLAGS"));
  }

  /** PTX with the version that the oldest driver reads. */
  public String lowered(String ptx) {
    return VERSION.matcher(ptx).replaceFirst(".version " + value("PTX_VERSION"));
  }

  /** The version that PTX is lowered to. */
  public String ptxVersion() {
    return value("PTX_VERSION");
  }

  private String value(String name) {
    Matcher line = Pattern.compile("(?m)^" + name + " := (.*)$").matcher(text);
    if (!line.find()) {
      throw new IllegalStateException(FILE + " has no " + name);
    }
    return line.group(1).strip();
  }
}
