package org.klif.device.cuda;

import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.compile.CodeFolder;

/**
 * The libcuda.so.1 of this process: the system's, or the stand-in. The loader knows libraries by
 * this name, so a process can have one of them only; that is why this class remembers which.
 */
final class DriverLibrary {
  /** Oldest driver that compiles our PTX: 520, CUDA 11.8. */
  static final int OLDEST_FOR_KERNELS = 11080;

  /** Oldest driver that the CUDA 12 libraries run on: 525. */
  static final int OLDEST_FOR_LIBRARIES = 12000;

  static final String LIBRARY = "libcuda.so.1";

  /** Where the driver comes from. */
  enum Kind {
    /** The NVIDIA driver of this system. */
    CUDA,
    /** The stand-in driver, built here. */
    SIM
  }

  /** What was opened stays open, also when it cannot be used: the loader would find it again. */
  private record Opened(Kind kind, NativeLibrary library) {}

  private static @Nullable Opened opened;
  private static @Nullable DriverLibrary loaded;

  private final Kind kind;

  private final int version;

  private DriverLibrary(Kind kind, int version) {
    this.kind = kind;
    this.version = version;
  }

  /** Whether this process runs on a driver. */
  static synchronized boolean isLoaded() {
    return loaded != null;
  }

  /** Which driver this process runs on. */
  static synchronized Kind kind() {
    return required().kind;
  }

  /** The CUDA version it supports, as 12060. */
  static synchronized int version() {
    return required().version;
  }

  private static DriverLibrary required() {
    if (loaded == null) {
      throw new IllegalStateException("no driver was loaded");
    }
    return loaded;
  }

  /** Why no GPU can be used here, with the remedy; empty when one can. */
  static synchronized String unavailableReason() {
    try {
      load(Kind.CUDA);
      return "";
    } catch (KlifException e) {
      return e.getMessage();
    }
  }

  /**
   * Loads a driver and initialises it; a second call does nothing.
   *
   * @throws KlifException with reason and remedy
   */
  static synchronized void load(Kind kind) {
    requireLinux();
    requireJCuda();
    CodeFolder.forNatives();
    if (opened == null) {
      NativeLibrary library =
          kind == Kind.SIM ? open(SimLibraries.folder().resolve(LIBRARY).toString()) : system();
      opened = new Opened(kind, library);
    }
    if (opened.kind != kind) {
      throw new KlifException(
          "this process runs on the %s already, and can have one driver only; start Klif anew for %s"
              .formatted(
                  opened.kind == Kind.SIM ? "stand-in driver" : "system's CUDA driver",
                  kind == Kind.SIM ? "sim" : "cuda"));
    }
    if (loaded == null) {
      int version = requireUsable(opened.library);
      JCudaNatives.load(
          "JCudaDriver", bytes -> bytes, () -> JCudaDriver.setExceptionsEnabled(false));
      loaded = new DriverLibrary(kind, version);
    }
    Driver.check(JCudaDriver.cuInit(0), "cuInit");
  }

  private static void requireLinux() {
    String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    if (!system.equals("Linux amd64")) {
      throw new KlifException(
          "the CUDA back end runs on Linux on x86-64 only, not on %s; use the device cpu"
              .formatted(system));
    }
  }

  /** It is optional for programs that have Klif as a library. */
  private static void requireJCuda() {
    for (String name :
        List.of(
            "/jcuda/driver/JCudaDriver.class",
            "/jcuda/jcublas/JCublas2.class",
            "/jcuda/jcudnn/JCudnn.class")) {
      if (DriverLibrary.class.getResource(name) == null) {
        throw new KlifException(
            "GPUs need JCuda, and %s is not on the class path; docs/JAVA.md of Klif names the six dependencies, or use the device cpu"
                .formatted(name.substring(1)));
      }
    }
  }

  private static NativeLibrary system() {
    try {
      return open(LIBRARY);
    } catch (UnsatisfiedLinkError e) {
      String damage = damage(String.valueOf(e.getMessage()));
      if (!damage.isEmpty()) {
        throw new KlifException(
            "the NVIDIA driver cannot be loaded: %s; install the driver anew, or use the device cpu"
                .formatted(damage),
            e);
      }
      throw new KlifException(
          "no NVIDIA driver: %s was not found; install driver 525 or later (Debian, Ubuntu: apt install nvidia-driver; in a container, start it with --gpus all), or use the device cpu"
              .formatted(LIBRARY),
          e);
    }
  }

  /**
   * Why a library that is there cannot be loaded, empty when there is none: the loader's own lines
   * stand among those on the places where JNA looked.
   */
  static String damage(String message) {
    return message
        .lines()
        .map(String::strip)
        .filter(line -> line.contains(": ") && !line.startsWith("Unable to load library"))
        .filter(
            line -> !line.matches(Pattern.quote(LIBRARY) + ": cannot open shared object file: .*"))
        .filter(line -> !line.contains("not found in resource path"))
        .findFirst()
        .orElse("");
  }

  /** RTLD_LAZY, and symbols not global. */
  private static NativeLibrary open(String name) {
    return NativeLibrary.getInstance(name, Map.of(Library.OPTION_OPEN_FLAGS, 1));
  }

  /** Asks the driver through JNA, where a missing symbol is an exception and not the JVM's end. */
  private static int requireUsable(NativeLibrary library) {
    int[] value = new int[1];
    int status = call(library, "cuInit", 0);
    if (status != CUresult.CUDA_SUCCESS) {
      throw Driver.failure(status, "cuInit", "the NVIDIA driver's start");
    }
    Driver.check(call(library, "cuDriverGetVersion", (Object) value), "cuDriverGetVersion");
    int version = value[0];
    if (version < OLDEST_FOR_KERNELS) {
      throw new KlifException(
          "the NVIDIA driver is too old: it supports CUDA %s; Klif's kernels need 11.8 (driver 520 or later), training needs 12.0 (driver 525 or later)"
              .formatted(version(version)));
    }
    Driver.check(call(library, "cuDeviceGetCount", (Object) value), "cuDeviceGetCount");
    if (value[0] == 0) {
      throw Driver.failure(CUresult.CUDA_ERROR_NO_DEVICE, "cuDeviceGetCount", "no GPU");
    }
    return version;
  }

  private static int call(NativeLibrary library, String name, Object... arguments) {
    try {
      return library.getFunction(name).invokeInt(arguments);
    } catch (UnsatisfiedLinkError e) {
      throw new KlifException(
          "%s has no %s; install the NVIDIA driver anew".formatted(library.getFile(), name), e);
    }
  }

  /** 12060 as 12.6. */
  static String version(int number) {
    return "%d.%d".formatted(number / 1000, number % 1000 / 10);
  }
}
