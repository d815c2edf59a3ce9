package org.klif.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * A mistake planted in a copy of the sources; the lists in src/test/mutations have them.
 *
 * @param name what goes wrong
 * @param kind off by one, missing barrier, parameter order, wrong equation
 * @param file below the root
 * @param sample whether it is tried in every build
 * @param before lines that are in the file once
 * @param after what stands there instead
 */
public record Mutation(
    String name,
    String kind,
    String file,
    boolean sample,
    List<String> before,
    List<String> after) {
  private static final String RESOURCES = "src/main/resources/";

  /** Copies the lists. */
  public Mutation {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  @Override
  public String toString() {
    return kind + ": " + name;
  }

  private boolean isJava() {
    return file.endsWith(".java");
  }

  /** Those of a list. */
  public static List<Mutation> all(String list) throws IOException {
    List<Mutation> mutations = new ArrayList<>();
    for (String block :
        Splitter.on("\n== ")
            .split(Files.readString(SimBuild.ROOT.resolve("src/test/mutations/" + list), UTF_8))) {
      if (!block.startsWith("#")) {
        mutations.add(parse(block.lines().toList()));
      }
    }
    return mutations;
  }

  private static Mutation parse(List<String> lines) {
    List<String> head = Splitter.on('|').trimResults().splitToList(lines.get(0));
    List<String> before = new ArrayList<>();
    List<String> after = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      if (line.startsWith("-")) {
        before.add(line.substring(1));
      } else if (line.startsWith("+")) {
        after.add(line.substring(1));
      }
    }
    return new Mutation(
        head.get(0), head.get(1), head.get(2), head.get(3).equals("sample"), before, after);
  }

  /** The file with the mistake. */
  public String mutated() throws IOException {
    return applyTo(Files.readString(SimBuild.ROOT.resolve(file), UTF_8));
  }

  /**
   * The mistake in a folder of classes that may stand ahead of the project's own: a compiled class,
   * or a resource.
   *
   * @return none where the file is neither
   */
  public List<Path> classes(Path folder) throws IOException {
    Path classes = folder.resolve("classes");
    if (file.startsWith(RESOURCES)) {
      Path resource = classes.resolve(file.substring(RESOURCES.length()));
      Files.createDirectories(resource.getParent());
      Files.writeString(resource, mutated(), UTF_8);
      return List.of(classes);
    }
    if (!isJava()) {
      return List.of();
    }
    Path source = folder.resolve("source").resolve(file);
    Files.createDirectories(source.getParent());
    Files.writeString(source, mutated(), UTF_8);
    compile(source, classes);
    return List.of(classes);
  }

  private static void compile(Path source, Path classes) {
    StringWriter messages = new StringWriter();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    boolean compiled =
        compiler
            .getTask(
                messages,
                null,
                null,
                List.of(
                    "-proc:none",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "-d",
                    classes.toString()),
                null,
                compiler.getStandardFileManager(null, null, UTF_8).getJavaFileObjects(source))
            .call();
    if (!compiled) {
      throw new AssertionError(messages.toString());
    }
  }

  private String applyTo(String text) {
    String old = "\n" + String.join("\n", before) + "\n";
    int at = text.indexOf(old);
    if (at < 0 || text.indexOf(old, at + 1) >= 0) {
      throw new AssertionError(
          "%s has the lines of \"%s\" not exactly once; bring src/test/mutations up to date"
              .formatted(file, name));
    }
    String instead = after.isEmpty() ? "\n" : "\n" + String.join("\n", after) + "\n";
    return text.substring(0, at) + instead + text.substring(at + old.length());
  }
}
