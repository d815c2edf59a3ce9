package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Finds libraries in folders laid out as toolkits, packages and Python lay them out. */
class LibrarySearchTest {
  @TempDir Path root;

  private void touch(String file) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, "");
  }

  private List<String> found(Map<String, String> environment, String library) {
    return new LibrarySearch(environment, root)
        .places().stream()
            .map(place -> place.find(library))
            .filter(file -> file != null)
            .map(file -> root.relativize(file).toString())
            .toList();
  }

  @Test
  void placesAreInOrder() throws IOException {
    touch("named/libcublas.so.12");
    touch("home/lib64/libcublas.so.12");
    touch("usr/local/cuda-12.4/lib64/libcublas.so.12");
    touch("usr/local/cuda-12.6/targets/x86_64-linux/lib/libcublas.so.12");
    touch("usr/lib/x86_64-linux-gnu/libcublas.so.12");
    touch("venv/lib/python3.11/site-packages/nvidia/cublas/lib/libcublas.so.12");
    touch("usr/lib/python3/dist-packages/torch/lib/libcublas.so.12");
    assertEquals(
        List.of(
            "named/libcublas.so.12",
            "home/lib64/libcublas.so.12",
            "usr/local/cuda-12.6/targets/x86_64-linux/lib/libcublas.so.12",
            "usr/local/cuda-12.4/lib64/libcublas.so.12",
            "usr/lib/x86_64-linux-gnu/libcublas.so.12",
            "venv/lib/python3.11/site-packages/nvidia/cublas/lib/libcublas.so.12",
            "usr/lib/python3/dist-packages/torch/lib/libcublas.so.12"),
        found(
            Map.of(
                "KLIF_CUDA_LIBRARIES", root.resolve("named").toString(),
                "CUDA_HOME", root.resolve("home").toString(),
                "VIRTUAL_ENV", root.resolve("venv").toString()),
            "libcublas.so.12"));
  }

  /** pip's packages of CUDA 13 share one folder; cuDNN has its own. */
  @Test
  void pythonPackagesOfCuda13AreOnePlace() throws IOException {
    String packages = "opt/conda/lib/python3.12/site-packages/";
    touch(packages + "nvidia/cu13/lib/libcublas.so.13");
    touch(packages + "nvidia/cudnn/lib/libcudnn.so.9");
    List<LibrarySearch.Place> places = new LibrarySearch(Map.of(), root).places();
    assertEquals(1, places.size());
    assertEquals(
        root.resolve(packages + "nvidia/cu13/lib/libcublas.so.13"),
        places.get(0).find("libcublas.so.13"));
    assertEquals(
        root.resolve(packages + "nvidia/cudnn/lib/libcudnn.so.9"),
        places.get(0).find("libcudnn.so.9"));
    assertNull(places.get(0).find("libcublas.so.12"));
  }

  /** A folder the user names may be one of libraries, a toolkit, or one of Python packages. */
  @Test
  void namedFoldersMayBeOfAnyKind() throws IOException {
    touch("a/libcudnn.so.9");
    touch("b/lib64/libcudnn.so.9");
    touch("c/nvidia/cudnn/lib/libcudnn.so.9");
    touch("d/cudnn/lib/libcudnn.so.9");
    String all =
        String.join(
            ":",
            List.of("a", "b", "", "c", "d", "absent").stream()
                .map(name -> name.isEmpty() ? "" : root.resolve(name).toString())
                .toList());
    assertEquals(
        List.of(
            "a/libcudnn.so.9",
            "b/lib64/libcudnn.so.9",
            "c/nvidia/cudnn/lib/libcudnn.so.9",
            "d/cudnn/lib/libcudnn.so.9"),
        found(Map.of("KLIF_CUDA_LIBRARIES", all), "libcudnn.so.9"));
  }

  /** Python on the search path shows where its packages are. */
  @Test
  void pythonOfTheSearchPathIsLookedAt() throws IOException {
    touch("py/bin/python3");
    root.resolve("py/bin/python3").toFile().setExecutable(true);
    touch("py/lib/python3.12/site-packages/nvidia/cudnn/lib/libcudnn.so.9");
    assertEquals(
        List.of("py/lib/python3.12/site-packages/nvidia/cudnn/lib/libcudnn.so.9"),
        found(Map.of("PATH", root.resolve("py/bin").toString()), "libcudnn.so.9"));
  }

  @Test
  void nothingThereIsNothingFound() {
    assertEquals(List.of(), new LibrarySearch(Map.of(), root).places());
  }
}
