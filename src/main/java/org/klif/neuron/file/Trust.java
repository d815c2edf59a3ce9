package org.klif.neuron.file;

import com.google.common.base.Splitter;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.klif.KlifException;
import org.klif.neuron.NeuronSource;

/**
 * Which texts of neurons and surrogates may be compiled and run: a file of somebody else's is code
 * of somebody else's, and a run folder, a configuration or a sweep brings such files with it. A
 * text may run when
 *
 * <ol>
 *   <li>it comes with Klif,
 *   <li>the command line names its file, or says --trust,
 *   <li>this user has allowed the same text before ({@link AllowedNeurons}), or
 *   <li>the process that started this one hands the permission on.
 * </ol>
 *
 * Only here a {@link NeuronSource} becomes one whose code compilers are given.
 */
public final class Trust {
  /** What comes with Klif, and nothing else: enough for reading what files declare. */
  public static final Trust SHIPPED =
      new Trust(Set.of(), false, Set.of(), AllowedNeurons.NONE, line -> {});

  /** Variable of the environment by which a process hands hashes on to those that it starts. */
  private static final String VARIABLE = "KLIF_ALLOWED_NEURONS";

  private static final String ALL = "all";

  private final Set<Path> named;
  private final boolean everything;
  private final Set<String> handedOn;
  private final AllowedNeurons remembered;
  private final Consumer<String> warnings;
  private boolean warned;

  private Trust(
      Set<Path> named,
      boolean everything,
      Set<String> handedOn,
      AllowedNeurons remembered,
      Consumer<String> warnings) {
    this.named = named;
    this.everything = everything;
    this.handedOn = handedOn;
    this.remembered = remembered;
    this.warnings = warnings;
  }

  /**
   * The trust of a command.
   *
   * @param named files that the command line names
   * @param everything whether it says --trust
   * @param warnings is told, once, why nothing can be remembered
   */
  public static Trust of(Collection<String> named, boolean everything, Consumer<String> warnings) {
    Set<String> handedOn =
        Set.copyOf(
            Splitter.on(',')
                .omitEmptyStrings()
                .splitToList(System.getenv().getOrDefault(VARIABLE, "")));
    return new Trust(
        named.stream().map(Trust::whole).collect(Collectors.toUnmodifiableSet()),
        everything || handedOn.contains(ALL),
        handedOn,
        AllowedNeurons.standard(),
        warnings);
  }

  private static Path whole(String file) {
    return Path.of(file).toAbsolutePath().normalize();
  }

  /**
   * A text that may run where it is allowed, else as it is.
   *
   * @throws KlifException when what was allowed before is in a file that others can write
   */
  public NeuronSource allow(NeuronSource source) {
    return source.isAllowed()
            || NeuronFile.isShipped(source)
            || isOfCommand(source)
            || handedOn.contains(source.sha256())
            || remembered.holds(source.sha256())
        ? source.allowed()
        : source;
  }

  private boolean isOfCommand(NeuronSource source) {
    return everything || named.contains(whole(source.origin()));
  }

  /**
   * Refuses what may not run, and remembers what this command allows.
   *
   * @param sources read with this trust
   * @throws KlifException as {@link NeuronSource#requireAllowed}
   */
  public synchronized void require(Collection<NeuronSource> sources) {
    sources.forEach(NeuronSource::requireAllowed);
    List<NeuronSource> ofCommand =
        sources.stream().filter(s -> isOfCommand(s) && !NeuronFile.isShipped(s)).toList();
    if (ofCommand.isEmpty()) {
      return;
    }
    try {
      remembered.add(ofCommand);
    } catch (KlifException e) {
      if (!warned) {
        warnings.accept(
            "that %s may run is not remembered: %s"
                .formatted(ofCommand.get(0).origin(), e.getMessage()));
      }
      warned = true;
    }
  }

  /**
   * What processes that this one starts are told, by variables of their environment.
   *
   * @param sources that they will need, read with this trust
   */
  public Map<String, String> handOn(Collection<NeuronSource> sources) {
    if (everything) {
      return Map.of(VARIABLE, ALL);
    }
    Set<String> hashes = new TreeSet<>(handedOn);
    sources.stream().filter(NeuronSource::isAllowed).forEach(s -> hashes.add(s.sha256()));
    return hashes.isEmpty() ? Map.of() : Map.of(VARIABLE, String.join(",", hashes));
  }
}
