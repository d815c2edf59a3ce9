package org.klif.device.cuda;

import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jcuda.jcublas.JCublas2;
import jcuda.jcudnn.JCudnn;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;

/**
 * Loads cuBLAS and cuDNN, each before JCuda's native part for it, from wherever they lie: a loaded
 * library of the needed name satisfies the loader, so LD_LIBRARY_PATH is not needed. Versions are
 * asked for before JCuda's first call, because a missing function would end the JVM.
 */
final class CudaLibraries {
  /** RTLD_LAZY, and symbols not global: CUDA 12 and 13 must not mix. */
  private static final Map<String, Object> FLAGS = Map.of(Library.OPTION_OPEN_FLAGS, 1);

  private static final String INSTALL =
      "install it (pip install nvidia-cublas-cu12 nvidia-cudnn-cu12, or NVIDIA's CUDA toolkit and cuDNN), build Klif with mvn -Pcuda-libraries package, or name its folder in "
          + LibrarySearch.VARIABLE;

  private static final String CUBLAS_12 = "libcublas.so.12";
  private static final String CUBLAS_13 = "libcublas.so.13";
  private static final String CUDNN = "libcudnn.so.9";

  /** What each needs, or loads by name at its first use: to be opened first, in two rounds. */
  private static final Map<String, Pattern> BEFORE =
      Map.of(
          CUBLAS_12,
          Pattern.compile("libcublasLt\\.so\\.12|libnvrtc(-builtins)?\\.so\\.12(\\.\\d+)?"),
          CUBLAS_13,
          Pattern.compile("libcublasLt\\.so\\.13|libnvrtc(-builtins)?\\.so\\.13(\\.\\d+)?"),
          CUDNN,
          Pattern.compile("libcudnn_.*\\.so\\.9"));

  /** Loaded libraries by name: kept, or they would be unloaded. */
  private static final Map<String, NativeLibrary> LOADED = new LinkedHashMap<>();

  private static @Nullable Loaded cublas;
  private static @Nullable Loaded cudnn;

  private CudaLibraries() {}

  /**
   * A loaded library.
   *
   * @param name cuBLAS or cuDNN
   * @param version as 12.6.3
   * @param file where it was found
   */
  record Loaded(String name, String version, Path file) {
    @Override
    public String toString() {
      return "%s %s: %s".formatted(name, version, file);
    }
  }

  /**
   * Loads cuBLAS 12, else 13, and JCuda's part for it; a second call does nothing.
   *
   * @throws KlifException with what is missing and the remedy
   */
  static synchronized Loaded loadCublas() {
    if (cublas == null) {
      Loaded found = findCublas();
      boolean thirteen = found.file().getFileName().toString().endsWith(".13");
      UnaryOperator<byte[]> edit =
          thirteen
              ? bytes -> ElfRename.apply(bytes, "libcublas.so.12", "libcublas.so.13")
              : bytes -> bytes;
      JCudaNatives.load("JCublas2", edit, () -> JCublas2.setExceptionsEnabled(false));
      cublas = found;
    }
    return cublas;
  }

  /**
   * Loads cuDNN 9 and JCuda's part for it; a second call does nothing.
   *
   * @throws KlifException with what is missing and the remedy
   */
  static synchronized Loaded loadCudnn() {
    if (cudnn == null) {
      Loaded found = findCudnn();
      JCudaNatives.load("JCudnn", bytes -> bytes, () -> JCudnn.setExceptionsEnabled(false));
      cudnn = found;
    }
    return cudnn;
  }

  /** One line for each of the two: version and file, or what is missing. */
  static synchronized List<String> describe() {
    return List.of(
        describe(CudaLibraries::findCublas).text(), describe(CudaLibraries::findCudnn).text());
  }

  /** What is missing with the remedy; empty when both are there. */
  static synchronized String missing() {
    return Stream.of(describe(CudaLibraries::findCublas), describe(CudaLibraries::findCudnn))
        .filter(line -> !line.found())
        .map(Line::text)
        .findFirst()
        .orElse("");
  }

  /**
   * What is known of a library.
   *
   * @param found whether it can be used
   * @param text version and file, or what is missing
   */
  private record Line(boolean found, String text) {}

  private static Line describe(Supplier<Loaded> find) {
    try {
      return new Line(true, find.get().toString());
    } catch (KlifException e) {
      return new Line(false, e.getMessage());
    }
  }

  /** Where the files of the two lie, or how to get them; without a driver they cannot be loaded. */
  static List<String> lookFor() {
    List<LibrarySearch.Place> places = new LibrarySearch().places();
    return List.of(
        lookFor("cuBLAS", List.of(CUBLAS_12, CUBLAS_13), places),
        lookFor("cuDNN", List.of(CUDNN), places));
  }

  private static String lookFor(String name, List<String> files, List<LibrarySearch.Place> places) {
    return places.stream()
        .flatMap(place -> files.stream().map(place::find))
        .filter(Objects::nonNull)
        .findFirst()
        .map(file -> "%s: %s".formatted(name, described(file)))
        .orElseGet(
            () ->
                RedistLibraries.areThere()
                    ? name + ": from Maven, unpacked at first use"
                    : "%s was not found; %s".formatted(name, INSTALL));
  }

  /** A file without a driver to load it with, and what is wrong with it. */
  private static String described(Path file) {
    String damage = LibraryFile.damage(file);
    return damage.isEmpty() ? file.toString() : "%s %s; %s".formatted(file, damage, INSTALL);
  }

  private static Loaded findCublas() {
    requireDriver();
    boolean thirteenRuns = DriverLibrary.version() >= 13000;
    @Nullable Path tooNew = null;
    for (LibrarySearch.Place place : places()) {
      for (String name : List.of(CUBLAS_12, CUBLAS_13)) {
        Path file = place.find(name);
        if (file != null && (thirteenRuns || name.equals(CUBLAS_12))) {
          openBefore(place, name);
          return cublasVersion(file, open(file));
        }
        tooNew = file == null ? tooNew : file;
      }
    }
    if (tooNew != null) {
      throw new KlifException(
          "%s is of CUDA 13, and the NVIDIA driver supports CUDA %s only; install driver 580 or later, or cuBLAS 12 and cuDNN 9 for CUDA 12 (pip install nvidia-cublas-cu12 nvidia-cudnn-cu12)"
              .formatted(tooNew, DriverLibrary.version(DriverLibrary.version())));
    }
    throw new KlifException("cuBLAS 12 or 13 was not found, which linear layers need; " + INSTALL);
  }

  private static Loaded findCudnn() {
    requireDriver();
    for (LibrarySearch.Place place : places()) {
      Path file = place.find(CUDNN);
      if (file != null) {
        // some of its algorithms are compiled when used
        openBefore(place, CUBLAS_12);
        if (DriverLibrary.version() >= 13000) {
          openBefore(place, CUBLAS_13);
        }
        openBefore(place, CUDNN);
        return cudnnVersion(file, open(file));
      }
    }
    throw new KlifException("cuDNN 9 was not found, which convolutions need; " + INSTALL);
  }

  private static void requireDriver() {
    if (DriverLibrary.version() < DriverLibrary.OLDEST_FOR_LIBRARIES) {
      throw new KlifException(
          "the NVIDIA driver is too old for cuBLAS and cuDNN: it supports CUDA %s, they need 12.0; install driver 525 or later (Klif's own kernels run on this one)"
              .formatted(DriverLibrary.version(DriverLibrary.version())));
    }
  }

  /**
   * Where to look: with the stand-in driver in its own folder only. Places with cuDNN come first,
   * so that the two are of one CUDA version where a machine has several.
   */
  private static List<LibrarySearch.Place> places() {
    if (DriverLibrary.kind() == DriverLibrary.Kind.SIM) {
      return List.of(new LibrarySearch.Place("sim", List.of(SimLibraries.folder())));
    }
    List<LibrarySearch.Place> all = LibrarySearch.withMaven();
    all.sort(Comparator.comparing(place -> place.find(CUDNN) == null));
    return all;
  }

  /**
   * Opens what a library needs. One that needs another of them is tried again after it; one that
   * cannot be opened is left out: where it matters, opening the library itself fails.
   */
  private static void openBefore(LibrarySearch.Place place, String library) {
    List<Path> waiting = place.findAll(BEFORE.get(library));
    for (int round = 0; round < 2; round++) {
      waiting = waiting.stream().filter(file -> !opens(file)).toList();
    }
  }

  private static boolean opens(Path file) {
    try {
      open(file);
      return true;
    } catch (KlifException e) {
      return false;
    }
  }

  private static NativeLibrary open(Path file) {
    String name = file.getFileName().toString();
    NativeLibrary known = LOADED.get(name);
    if (known != null) {
      return known;
    }
    try {
      NativeLibrary library = NativeLibrary.getInstance(file.toString(), FLAGS);
      LOADED.put(name, library);
      return library;
    } catch (UnsatisfiedLinkError e) {
      throw new KlifException(
          "cannot load %s: %s; %s".formatted(file, String.valueOf(e.getMessage()).strip(), INSTALL),
          e);
    }
  }

  private static Loaded cublasVersion(Path file, NativeLibrary library) {
    int[] parts = new int[3];
    for (int i = 0; i < parts.length; i++) {
      int[] value = new int[1];
      int status = function(file, library, "cublasGetProperty").invokeInt(new Object[] {i, value});
      if (status != 0) {
        throw new KlifException(
            "cublasGetProperty of %s failed with status %d; %s".formatted(file, status, INSTALL));
      }
      parts[i] = value[0];
    }
    return new Loaded("cuBLAS", "%d.%d.%d".formatted(parts[0], parts[1], parts[2]), file);
  }

  private static Loaded cudnnVersion(Path file, NativeLibrary library) {
    long number = function(file, library, "cudnnGetVersion").invokeLong(new Object[0]);
    if (number < 90000) {
      throw new KlifException(
          "%s is cuDNN of version number %d, and Klif needs cuDNN 9; %s"
              .formatted(file, number, INSTALL));
    }
    return new Loaded(
        "cuDNN", "%d.%d.%d".formatted(number / 10000, number % 10000 / 100, number % 100), file);
  }

  private static com.sun.jna.Function function(Path file, NativeLibrary library, String name) {
    try {
      return library.getFunction(name);
    } catch (UnsatisfiedLinkError e) {
      throw new KlifException("%s has no %s; %s".formatted(file, name, INSTALL), e);
    }
  }
}
