package org.klif.neuron.file;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.klif.KlifException;
import org.klif.io.PrivateFolder;
import org.klif.neuron.NeuronSource;

/**
 * The texts that this user has allowed to run, by their SHA-256: one line each, the file that the
 * text was in behind it, in a file that nobody else can write. It is a decision and no cache, so it
 * lies where configuration does.
 *
 * @param folder of the file; empty where there is no home, and nothing is remembered then
 */
public record AllowedNeurons(Optional<Path> folder) {
  /** Nothing was allowed. */
  static final AllowedNeurons NONE = new AllowedNeurons(Optional.empty());

  static final String NAME = "allowed-neurons";
  private static final String REMEDY = "make it a file that is yours alone, or remove it";
  private static final int HASH = 64;

  /** The user's: {@code $XDG_CONFIG_HOME/klif}, else {@code ~/.config/klif}. */
  static AllowedNeurons standard() {
    return standard(System.getenv(), System.getProperty("user.home", ""));
  }

  static AllowedNeurons standard(Map<String, String> environment, String home) {
    String named = environment.getOrDefault("XDG_CONFIG_HOME", "");
    if (Path.of(named).isAbsolute()) {
      return new AllowedNeurons(Optional.of(Path.of(named, "klif")));
    }
    // Java says ? for a user whom the system does not know
    return Path.of(home).isAbsolute() && Files.isDirectory(Path.of(home))
        ? new AllowedNeurons(Optional.of(Path.of(home, ".config", "klif")))
        : NONE;
  }

  /**
   * Whether a text was allowed.
   *
   * @throws KlifException when others could have written the file
   */
  boolean holds(String sha256) {
    return hashes().contains(sha256);
  }

  private Set<String> hashes() {
    if (folder.isEmpty() || !Files.exists(folder.get().resolve(NAME), LinkOption.NOFOLLOW_LINKS)) {
      return Set.of();
    }
    return PrivateFolder.of(folder.get(), REMEDY)
        .read(NAME)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .orElse("")
        .lines()
        .filter(line -> line.length() >= HASH)
        .map(line -> line.substring(0, HASH))
        .collect(Collectors.toSet());
  }

  /**
   * Adds texts that are not there yet.
   *
   * @throws KlifException when the file cannot be written, or is not private
   */
  void add(Collection<NeuronSource> sources) {
    Set<String> known = hashes();
    String lines =
        sources.stream()
            .filter(source -> !known.contains(source.sha256()))
            .map(source -> "%s  %s\n".formatted(source.sha256(), path(source)))
            .collect(Collectors.joining());
    if (lines.isEmpty()) {
      return;
    }
    Path parent =
        folder.orElseThrow(
            () -> new KlifException("there is no home folder; XDG_CONFIG_HOME names another one"));
    PrivateFolder.of(parent, REMEDY).append(NAME, lines.getBytes(StandardCharsets.UTF_8));
  }

  private static String path(NeuronSource source) {
    return Path.of(source.origin())
        .toAbsolutePath()
        .normalize()
        .toString()
        .replaceAll("\\p{Cntrl}", "?");
  }
}
