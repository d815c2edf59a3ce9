package org.klif.device.compile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.klif.io.AtomicFile;
import org.klif.io.Resource;

/**
 * Headers that come with Klif, by the names that an include gives them (common/sums.cuh in
 * cuda-kernels, host_sequence.h in native/host): their texts for NVRTC and for the hash of compiled
 * code, or files for compilers that read such.
 */
public final class KernelHeaders {
  private static final String FOLDER = "/kernel-headers/";

  private static final Pattern INCLUDE = Pattern.compile("(?m)^ *#include \"(.*)\"");

  /** Included where no CUDA compiler reads it: it lies beside the stand-in driver. */
  private static final String OF_STAND_IN = "device.h";

  /** The option of compilers that read files. */
  public static final String SEARCH = "-I.";

  private final Map<String, String> texts = new LinkedHashMap<>();

  /** The header of that name and those that it includes, directly or not. */
  public KernelHeaders(String name) {
    add(name);
  }

  private void add(String name) {
    String text = Resource.text(KernelHeaders.class, FOLDER + name);
    if (texts.putIfAbsent(name, text) == null) {
      INCLUDE
          .matcher(text)
          .results()
          .map(include -> include.group(1))
          .filter(included -> !included.equals(OF_STAND_IN))
          .forEach(this::add);
    }
  }

  /** Name to text. */
  public Map<String, String> texts() {
    return Map.copyOf(texts);
  }

  /** Changes with any of the texts. */
  public String hash() {
    List<String> parts = new ArrayList<>();
    texts.forEach(
        (name, text) -> {
          parts.add(name);
          parts.add(text);
        });
    return KernelCache.key(parts);
  }

  /** Writes them into a folder, which a compiler that runs there searches with {@link #SEARCH}. */
  public void writeTo(Path folder) throws IOException {
    for (Map.Entry<String, String> header : texts.entrySet()) {
      Path file = folder.resolve(header.getKey());
      Files.createDirectories(file.getParent());
      AtomicFile.write(file, header.getValue());
    }
  }
}
