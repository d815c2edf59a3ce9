package org.klif.neuron.file;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.io.Resource;
import org.klif.io.WholeFile;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.Surrogate;

/**
 * Files of users' neurons and surrogates, and the neurons that come with Klif in the same form
 * (docs/EXTENDING.md). Declarations are read here; the arithmetic only compilers read.
 */
public final class NeuronFile {
  /** Neurons that come with Klif as files and not as kernels written by hand. */
  public static final List<String> SHIPPED =
      List.of("alif", "eif", "glif", "cubalif", "clif", "ltlif", "tclif", "dalif");

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");

  /** Words of networks, which would be read as another layer. */
  private static final Pattern NETWORK_WORD =
      Pattern.compile(
          "sn|bn|tdbn|res|flat|gap|(attend|li|dp|fc|mp|ap|up|vote)(\\d\\w*)?|c\\d+k\\d+\\w*");

  private NeuronFile() {}

  /**
   * Reads a neuron's file.
   *
   * @param trust says whether it may run
   * @throws UsageException when there is no such file, or its name cannot be a neuron's
   * @throws KlifException with file and line when a declaration is wrong
   */
  public static NeuronModel read(Path file, Trust trust) {
    NeuronModel model = parse(source(file, trust));
    requireFree(model.name(), "%s:%d".formatted(file, structLine(model)));
    return model;
  }

  /** A neuron that comes with Klif: one of {@link #SHIPPED}, or a built-in one in this form. */
  public static NeuronModel shipped(String name) {
    if (!SHIPPED.contains(name) && !NeuronOptions.MODELS.contains(name)) {
      throw new UsageException(
          "no neuron file '%s' comes with Klif; there are %s"
              .formatted(name, String.join(", ", SHIPPED)));
    }
    String file = name + NeuronSource.SUFFIX;
    String text = Resource.text(NeuronFile.class, "/neurons/" + file);
    return parse(new NeuronSource(name, file, text).allowed());
  }

  /** Whether a text is the one that comes with Klif under its name, as a run's copy may be. */
  static boolean isShipped(NeuronSource source) {
    String name = source.name();
    return (SHIPPED.contains(name) || NeuronOptions.MODELS.contains(name))
        && shipped(name).source().text().equals(source.text());
  }

  /**
   * Reads a surrogate's file: its text; what is in it is seen when it is compiled.
   *
   * @param trust says whether it may run
   * @throws UsageException when there is no such file, or its name cannot be one
   */
  public static NeuronSource readSurrogate(Path file, Trust trust) {
    NeuronSource source = source(file, trust);
    for (Surrogate.Kind kind : Surrogate.Kind.values()) {
      if (kind.token().equals(source.name())) {
        throw new UsageException(
            "%s: a surrogate of the name %s comes with Klif; choose another name"
                .formatted(file, source.name()));
      }
    }
    return source;
  }

  /** Line of the struct, from 1. */
  private static int structLine(NeuronModel model) {
    Pattern struct = Pattern.compile("\\bstruct\\s+" + model.struct() + "\\b");
    List<String> lines = model.source().text().lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (struct.matcher(lines.get(i)).find()) {
        return i + 1;
      }
    }
    return 1;
  }

  /**
   * Reads the copy of a neuron's file in a run, which may be one that came with Klif.
   *
   * @param trust says whether it may run
   * @throws KlifException with file and line when a declaration is wrong
   */
  public static NeuronModel readCopy(Path file, Trust trust) {
    return parse(source(file, trust));
  }

  /** Whether a file that is there has a surrogate and no neuron. */
  public static boolean holdsSurrogate(Path file) {
    try {
      String text = WholeFile.text(file, WholeFile.LARGEST_TEXT);
      return text.contains("primitive")
          && text.contains("derivative")
          && !Pattern.compile("\\bstep\\s*\\(").matcher(text).find();
    } catch (KlifException e) {
      return false;
    }
  }

  /**
   * Refuses a name that means something else in networks and configurations.
   *
   * @param place for the message
   */
  public static void requireFree(String name, String place) {
    if (NeuronOptions.MODELS.contains(name) || SHIPPED.contains(name)) {
      throw new UsageException(
          "%s: a neuron of the name %s comes with Klif; choose another name"
              .formatted(place, name));
    }
    if (NETWORK_WORD.matcher(name).matches()) {
      throw new UsageException(
          "%s: '%s' is another layer in a network's text; choose another name"
              .formatted(place, name));
    }
  }

  private static NeuronSource source(Path file, Trust trust) {
    String fileName = String.valueOf(file.getFileName());
    if (!fileName.endsWith(NeuronSource.SUFFIX)) {
      throw new UsageException(
          "%s: such a file's name ends in %s".formatted(file, NeuronSource.SUFFIX));
    }
    String name = fileName.substring(0, fileName.length() - NeuronSource.SUFFIX.length());
    if (!NAME.matcher(name).matches()) {
      throw new UsageException(
          "%s: the file's name is the neuron's, and '%s' cannot be one: small letters, digits and _, a letter first"
              .formatted(file, name));
    }
    if (Files.notExists(file)) {
      throw new UsageException(
          "there is no file %s; klif kernel new %s makes one to start from".formatted(file, name));
    }
    String text = WholeFile.text(file, WholeFile.LARGEST_TEXT);
    return trust.allow(new NeuronSource(name, file.toString(), text));
  }

  /**
   * Reads what a text declares.
   *
   * @throws KlifException with file and line when a declaration is wrong
   */
  public static NeuronModel parse(NeuronSource source) {
    return new DeclarationReader(source).read();
  }
}
