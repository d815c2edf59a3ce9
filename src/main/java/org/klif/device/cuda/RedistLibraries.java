package org.klif.device.cuda;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.compile.CodeFolder;
import org.klif.io.AtomicFile;

/**
 * CUDA's libraries from a jar on the class path: the Maven profile cuda-libraries brings it. They
 * are unpacked at first use, into the {@link CodeFolder}.
 */
final class RedistLibraries {
  private static final String FOLDER = "/org/bytedeco/cuda/linux-x86_64/";

  /** What Klif needs of the jar's 165 files. */
  private static final List<String> LIBRARIES =
      List.of(
          "libnvrtc-builtins.so.12.6",
          "libnvrtc.so.12",
          "libcublasLt.so.12",
          "libcublas.so.12",
          "libcudnn_graph.so.9",
          "libcudnn_ops.so.9",
          "libcudnn_cnn.so.9",
          "libcudnn_adv.so.9",
          "libcudnn_heuristic.so.9",
          "libcudnn_engines_runtime_compiled.so.9",
          "libcudnn_engines_precompiled.so.9",
          "libcudnn.so.9");

  private RedistLibraries() {}

  /** Whether there is such a jar. */
  static boolean areThere() {
    return RedistLibraries.class.getResource(FOLDER + "libcublas.so.12") != null;
  }

  /**
   * Unpacks them.
   *
   * @return the place, or null when there is no such jar
   */
  static LibrarySearch.@Nullable Place unpack() {
    if (!areThere()) {
      return null;
    }
    CodeFolder.forNatives();
    @Nullable Path folder = null;
    for (String library : LIBRARIES) {
      URL resource = RedistLibraries.class.getResource(FOLDER + library);
      if (resource != null) {
        try {
          folder = Loader.cacheResource(resource).toPath().getParent();
        } catch (IOException e) {
          throw new KlifException(
              "cannot unpack %s: %s; make room in the folder for native code, or name another with KLIF_CACHE"
                  .formatted(library, AtomicFile.reason(e)),
              e);
        }
      }
    }
    return folder == null ? null : new LibrarySearch.Place("Maven", List.of(folder));
  }
}
