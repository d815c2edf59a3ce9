package org.klif.device.compile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.klif.io.AtomicFile;

/**
 * Headers that come with Klif (cuda-kernels/*.cuh, native/host/*.h), by name: their texts for NVRTC
 * and for the hash of compiled code, or files for compilers that read such.
 */
public final class KernelHeaders {
  private static final String FOLDER = "/kernel-headers/";

  private final Map<String, String> texts = new LinkedHashMap<>();

  /** The headers of those names. */
  public KernelHeaders(List<String> names) {
    for (String name : names) {
      texts.put(name, read(name));
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

  /** Writes them into a folder. */
  public void writeTo(Path folder) throws IOException {
    for (Map.Entry<String, String> header : texts.entrySet()) {
      AtomicFile.write(
          folder.resolve(header.getKey()), header.getValue().getBytes(StandardCharsets.UTF_8));
    }
  }

  private static String read(String name) {
    try (InputStream in = KernelHeaders.class.getResourceAsStream(FOLDER + name)) {
      if (in == null) {
        throw new IllegalArgumentException("no header " + name + " comes with Klif");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
