package org.klif.device.compile;

import com.sun.jna.Native;
import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.klif.KlifException;
import org.klif.io.PrivateFolder;

/**
 * Where the code lies that Klif compiles or unpacks, to be loaded into the process: {@code
 * $KLIF_CACHE/NAME}, else {@code ~/.cache/klif/NAME}, where that can be private and programs may
 * run, else a folder of the user's in that for temporary files. It is never in {@code $KLIF_DATA},
 * which users may share.
 */
public final class CodeFolder {
  /** Names the folder. */
  static final String VARIABLE = "KLIF_CACHE";

  /** How sentences end that refuse a folder. */
  static final String REMEDY = "name another folder with " + VARIABLE;

  private static final String TEMPORARY = "java.io.tmpdir";
  private static final String UNPACKED_BY_JNA = "jna.tmpdir";
  private static final String UNPACKED_BY_JAVACPP = "org.bytedeco.javacpp.cachedir";

  private final Map<String, String> environment;
  private final Path home;
  private final Path temporary;

  /**
   * In another environment.
   *
   * @param home the user's; need not be there
   */
  CodeFolder(Map<String, String> environment, Path home, Path temporary) {
    this.environment = environment;
    this.home = home;
    this.temporary = temporary;
  }

  private static CodeFolder ofProcess() {
    return new CodeFolder(
        System.getenv(),
        Path.of(System.getProperty("user.home", "?")),
        Path.of(System.getProperty(TEMPORARY)));
  }

  /**
   * The folder of that name, made if it is not there.
   *
   * @param name kernels or natives
   * @throws KlifException when no folder can be private, or programs may run in none; with the
   *     remedy
   */
  public static PrivateFolder of(String name) {
    return ofProcess().open(name, note -> {});
  }

  /**
   * The folder of that name.
   *
   * @param note is told in one sentence why it is not where the user expects it
   */
  PrivateFolder open(String name, Consumer<String> note) {
    String named = environment.getOrDefault(VARIABLE, "");
    if (!named.isEmpty()) {
      try {
        return runnable(Path.of(named).resolve(name));
      } catch (InvalidPathException e) {
        throw new KlifException(VARIABLE + " names no folder: " + e.getMessage(), e);
      }
    }
    try {
      return inHome(name);
    } catch (KlifException refused) {
      try {
        PrivateFolder folder =
            runnable(temporary.resolve("klif-" + new UnixSystem().getUid()).resolve(name));
        note.accept("native code lies in %s: %s".formatted(folder.path(), refused.getMessage()));
        return folder;
      } catch (KlifException e) {
        refused.addSuppressed(e);
        throw refused;
      }
    }
  }

  private PrivateFolder inHome(String name) {
    if (!home.isAbsolute()) {
      throw new KlifException("the user has no home folder; " + REMEDY);
    }
    return runnable(home.resolve(".cache/klif").resolve(name));
  }

  private static PrivateFolder runnable(Path folder) {
    PrivateFolder checked = PrivateFolder.of(folder, REMEDY);
    requireRunnable(checked.path());
    return checked;
  }

  /**
   * Has JNA and JavaCPP unpack their native code into a private folder; to be called ahead of
   * either's first use. Whoever set their properties has chosen otherwise.
   *
   * @throws KlifException when no folder will do, or JNA's code cannot be loaded from it
   */
  public static synchronized void forNatives() {
    List<String> unset =
        Stream.of(UNPACKED_BY_JNA, UNPACKED_BY_JAVACPP)
            .filter(property -> System.getProperty(property, "").isEmpty())
            .toList();
    if (!unset.isEmpty()) {
      PrivateFolder folder =
          ofProcess().open("natives", note -> System.err.println("klif: " + note));
      unset.forEach(property -> System.setProperty(property, folder.path().toString()));
    }
    try {
      // its first use: a later failure would only say that the class cannot be initialised
      if (Native.POINTER_SIZE != Long.BYTES) {
        throw new KlifException("Klif needs a Java of 64 bits; install such a JDK");
      }
    } catch (LinkageError e) {
      throw new KlifException(
          "cannot load native code from %s: %s; %s"
              .formatted(System.getProperty(UNPACKED_BY_JNA), reason(e), REMEDY),
          e);
    }
  }

  private static String reason(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage()).lines().findFirst().orElse("");
  }

  /**
   * Refuses a folder of a file system from which nothing may be run.
   *
   * @throws KlifException with the remedy
   */
  public static void requireRunnable(Path folder) {
    try {
      if (isNoexec(folder.toRealPath(), Files.readAllLines(Path.of("/proc/self/mountinfo")))) {
        throw new KlifException(
            "programs may not run from %s: its file system is mounted with noexec; %s"
                .formatted(folder, REMEDY));
      }
    } catch (IOException e) {
      // not known here; loading from it says what is wrong
      return;
    }
  }

  /**
   * Whether the innermost mount that holds a path has the option noexec.
   *
   * @param mounts as in proc(5), /proc/PID/mountinfo: number, parent, device, root, mount point,
   *     options ...; of mounts at one point the last holds
   */
  static boolean isNoexec(Path path, List<String> mounts) {
    int deepest = -1;
    boolean noexec = false;
    for (String mount : mounts) {
      String[] fields = mount.split(" ", -1);
      if (fields.length > 5) {
        Path point = Path.of(unescaped(fields[4]));
        if (path.startsWith(point) && point.getNameCount() >= deepest) {
          deepest = point.getNameCount();
          noexec = List.of(fields[5].split(",", -1)).contains("noexec");
        }
      }
    }
    return noexec;
  }

  private static String unescaped(String text) {
    return text.replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }
}
