package org.klif.sweep;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.klif.io.Resource;

/**
 * How a Java process of Klif is started, apart from what it shall do. The options are in two files
 * beside this class, which the scripts hand to Java as argument files: java.options is what every
 * process with Klif in it needs, program.options what its programs have on top.
 *
 * @param java the program
 * @param options of the Java machine
 * @param classPath Klif and its libraries, as {@code -cp} takes it
 */
public record JavaLaunch(String java, List<String> options, String classPath) {
  /** Options of a process that speak of its own terminal and output, or of a debugger on it. */
  private static final List<String> OWN_OPTIONS =
      List.of("-Dklif.drain", "-Dklif.terminal", "-Dklif.child", "-agentlib:", "-javaagent:");

  /** Copies the list. */
  public JavaLaunch {
    options = List.copyOf(options);
  }

  /** With the Java that runs this process. */
  public JavaLaunch(List<String> options, String classPath) {
    this(Path.of(System.getProperty("java.home"), "bin", "java").toString(), options, classPath);
  }

  /** The options that every Java process with Klif in it needs, on each JDK. */
  public static List<String> neededOptions() {
    return options("java.options");
  }

  /** The options of Klif's programs, as the script {@code klif} has them. */
  public static List<String> programOptions() {
    return Stream.of("java.options", "program.options")
        .flatMap(name -> options(name).stream())
        .toList();
  }

  private static List<String> options(String name) {
    return Resource.text(JavaLaunch.class, name)
        .lines()
        .filter(line -> line.startsWith("-"))
        .toList();
  }

  /** In the way in which this process was started. */
  public static JavaLaunch asThisProcess() {
    return new JavaLaunch(
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(option -> OWN_OPTIONS.stream().noneMatch(option::startsWith))
            .toList(),
        System.getProperty("java.class.path"));
  }

  /**
   * The words of the command.
   *
   * @param more options of this process only
   * @param main class to run
   * @param arguments of the class
   */
  public List<String> command(List<String> more, String main, List<String> arguments) {
    List<String> words = new ArrayList<>();
    words.add(java);
    words.addAll(options);
    words.addAll(more);
    words.addAll(List.of("-cp", classPath, main));
    words.addAll(arguments);
    return words;
  }
}
