package org.klif.device.cuda;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The folders where CUDA's libraries may lie, in the order in which they are looked at. A place is
 * a group of folders that belong together: one toolkit, or one Python environment.
 */
final class LibrarySearch {
  /** Names folders to look in first. */
  static final String VARIABLE = "KLIF_CUDA_LIBRARIES";

  /** Folders of the distributions' own packages, where the loader looks, too. */
  private static final List<String> SYSTEM =
      List.of("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/lib/x86_64-linux-gnu");

  private final Map<String, String> environment;
  private final Path root;

  /** Of this process's environment. */
  LibrarySearch() {
    this(System.getenv(), Path.of("/"));
  }

  /**
   * Of another environment.
   *
   * @param root stands for /
   */
  LibrarySearch(Map<String, String> environment, Path root) {
    this.environment = environment;
    this.root = root;
  }

  /** One place. */
  record Place(String name, List<Path> folders) {
    Place {
      folders = List.copyOf(folders);
    }

    /** Whether the user named it. */
    boolean isNamed() {
      return name.startsWith(VARIABLE);
    }

    /** The library of that name, or null. */
    @Nullable Path find(String library) {
      for (Path folder : folders) {
        Path file = folder.resolve(library);
        if (Files.isRegularFile(file)) {
          return file;
        }
      }
      return null;
    }

    /** All libraries whose whole name matches. */
    List<Path> findAll(Pattern names) {
      return folders.stream()
          .flatMap(folder -> entries(folder, "*.so*").stream())
          .filter(file -> names.matcher(file.getFileName().toString()).matches())
          .filter(Files::isRegularFile)
          .toList();
    }
  }

  /** All places that exist. */
  List<Place> places() {
    List<Place> all = new ArrayList<>();
    for (Path folder : paths(VARIABLE)) {
      add(all, VARIABLE + "=" + folder, named(folder));
    }
    for (Path folder : paths("LD_LIBRARY_PATH")) {
      add(all, folder.toString(), List.of(folder));
    }
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      for (Path folder : paths(variable)) {
        add(all, variable + "=" + folder, toolkit(folder));
      }
    }
    for (Path folder : entries(root.resolve("usr/local"), "cuda*")) {
      add(all, folder.toString(), toolkit(folder));
    }
    add(all, "system", SYSTEM.stream().map(this::below).toList());
    for (Path packages : pythonPackages()) {
      add(all, packages.toString(), python(packages));
    }
    return all;
  }

  /** All places, and behind those that the user named the libraries that Maven brought. */
  static List<Place> withMaven() {
    List<Place> all = new ArrayList<>(new LibrarySearch().places());
    Place redist = RedistLibraries.unpack();
    if (redist != null) {
      all.add((int) all.stream().filter(Place::isNamed).count(), redist);
    }
    return all;
  }

  private static void add(List<Place> all, String name, List<Path> folders) {
    List<Path> there = folders.stream().filter(Files::isDirectory).distinct().toList();
    if (!there.isEmpty()) {
      all.add(new Place(name, there));
    }
  }

  private Path below(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  private List<Path> paths(String variable) {
    List<Path> all = new ArrayList<>();
    for (String part : environment.getOrDefault(variable, "").split(":", -1)) {
      if (!part.isBlank()) {
        try {
          all.add(Path.of(part).toAbsolutePath());
        } catch (InvalidPathException e) {
          // names no folder, so nothing can be found there
        }
      }
    }
    return all;
  }

  /** A folder the user named: of libraries, of a toolkit, or of Python packages. */
  private static List<Path> named(Path folder) {
    List<Path> all = new ArrayList<>(List.of(folder));
    all.addAll(toolkit(folder));
    all.addAll(nvidia(folder));
    all.addAll(python(folder));
    return all;
  }

  private static List<Path> toolkit(Path folder) {
    return List.of(
        folder.resolve("lib64"), folder.resolve("lib"), folder.resolve("targets/x86_64-linux/lib"));
  }

  /** Of NVIDIA's Python packages, and of PyTorch's, which holds its own. */
  private static List<Path> python(Path packages) {
    List<Path> all = new ArrayList<>(nvidia(packages.resolve("nvidia")));
    all.add(packages.resolve("torch/lib"));
    return all;
  }

  /** nvidia/cublas/lib, nvidia/cudnn/lib, ...; of CUDA 13 nvidia/cu13/lib. */
  private static List<Path> nvidia(Path folder) {
    return entries(folder, "*").stream().map(child -> child.resolve("lib")).toList();
  }

  /**
   * The folders of Python packages: of environments in use, of python3 on the path, of the system.
   */
  private List<Path> pythonPackages() {
    Set<Path> prefixes = new LinkedHashSet<>();
    prefixes.addAll(paths("VIRTUAL_ENV"));
    prefixes.addAll(paths("CONDA_PREFIX"));
    for (Path folder : paths("PATH")) {
      if (Files.isExecutable(folder.resolve("python3")) && folder.getParent() != null) {
        prefixes.add(folder.getParent());
      }
    }
    for (Path home : paths("HOME")) {
      prefixes.add(home.resolve(".local"));
    }
    for (String folder : List.of("/usr/local", "/usr", "/opt/conda")) {
      prefixes.add(below(folder));
    }
    Set<Path> all = new LinkedHashSet<>();
    for (Path prefix : prefixes) {
      for (Path version : entries(prefix.resolve("lib"), "python3*")) {
        all.add(version.resolve("site-packages"));
        all.add(version.resolve("dist-packages"));
      }
    }
    return all.stream().filter(Files::isDirectory).toList();
  }

  /** What is in a folder, by name, the last first: of several versions the newest. */
  private static List<Path> entries(Path folder, String pattern) {
    List<Path> all = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, pattern)) {
        stream.forEach(all::add);
      } catch (IOException | DirectoryIteratorException e) {
        return List.of(); // what cannot be read holds nothing for us
      }
    }
    all.sort((a, b) -> b.compareTo(a));
    return all;
  }
}
