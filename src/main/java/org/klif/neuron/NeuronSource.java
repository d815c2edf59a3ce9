package org.klif.neuron;

import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.klif.KlifException;

/**
 * The text of a file that a researcher wrote: a neuron or a surrogate (docs/EXTENDING.md). It is
 * code, and files come from strangers, too: compilers are given the text of one that
 * org.klif.neuron.file.Trust has allowed, and of no other.
 */
public final class NeuronSource {
  /** The end of such files' names. */
  public static final String SUFFIX = ".cuh";

  private final String name;
  private final String origin;
  private final String text;
  private final boolean allowed;

  /**
   * A text to be read, and not to be run.
   *
   * @param name the file's name without .cuh, by which networks and parameters know it
   * @param origin where it came from, as compilers and messages shall name it
   * @param text all of it
   */
  public NeuronSource(String name, String origin, String text) {
    this(name, origin, text, false);
  }

  private NeuronSource(String name, String origin, String text, boolean allowed) {
    this.name = name;
    this.origin = origin;
    this.text = text;
    this.allowed = allowed;
  }

  /** Whether a text names a file and not a neuron that is known by name. */
  public static boolean isFile(String text) {
    return text.endsWith(SUFFIX) || text.contains("/");
  }

  /** The name of a neuron or surrogate by the path of its file, which need not be there. */
  public static String nameOf(String path) {
    String file = path.substring(path.lastIndexOf('/') + 1);
    return file.endsWith(SUFFIX) ? file.substring(0, file.length() - SUFFIX.length()) : file;
  }

  /** The same, allowed; ArchitectureTest holds that only org.klif.neuron.file says so. */
  public NeuronSource allowed() {
    return new NeuronSource(name, origin, text, true);
  }

  /** Whether it may be compiled and run. */
  public boolean isAllowed() {
    return allowed;
  }

  /** The file's name without .cuh, by which networks and parameters know it. */
  public String name() {
    return name;
  }

  /** Where it came from, as compilers and messages shall name it. */
  public String origin() {
    return origin;
  }

  /** All of it, to be read and copied. */
  public String text() {
    return text;
  }

  /**
   * All of it, to be compiled and run.
   *
   * @throws KlifException as {@link #requireAllowed}
   */
  public String code() {
    requireAllowed();
    return text;
  }

  /**
   * Refuses a text that nobody has allowed to run here.
   *
   * @throws KlifException saying what it is, how to look at it, and how to allow it
   */
  public void requireAllowed() {
    if (!allowed) {
      throw new NotAllowedException(
          "%s is code that would run on this machine with all your rights, and you have not allowed it yet: read it (less %s), and allow it if you trust it"
              .formatted(shown(), quoted(shown())));
    }
  }

  /** A stranger's configuration may have put anything into a path, a terminal's commands too. */
  private String shown() {
    return origin.replaceAll("\\p{Cntrl}", "?");
  }

  /** A path as a shell takes it. */
  private static String quoted(String path) {
    return path.matches("[\\w./+-]+") ? path : "'" + path.replace("'", "'\\''") + "'";
  }

  /** SHA-256 of the text, 64 hexadecimal digits. */
  public String sha256() {
    return Hashing.sha256().hashString(text, StandardCharsets.UTF_8).toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NeuronSource source
        && name.equals(source.name)
        && origin.equals(source.origin)
        && text.equals(source.text);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, origin, text);
  }

  @Override
  public String toString() {
    return origin;
  }
}
