package org.klif.device.compile;

import com.google.common.base.Splitter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.neuron.NeuronSource;

/**
 * Reads what g++, clang++, nvcc and NVRTC print, and says it in one sentence with the user's file
 * and line.
 *
 * <p>An error may be found in one of Klif's headers, as a static_assert is; the user's line then
 * stands in the lines that say from where the text was instantiated.
 */
public final class CompilerMessages {
  /** file:line:column: error: reason, or file(line): error: reason. */
  private static final Pattern ERROR =
      Pattern.compile(
          "^(.*?)(?::(\\d+)(?::\\d+)?:|\\((\\d+)\\):) (?:fatal |catastrophic )?error(?: #[\\w-]+)?: (.*)$");

  /**
   * g++: file:line:column: required from ...; clang++: file:line:column: note: in instantiation.
   */
  private static final Pattern FROM =
      Pattern.compile(
          "^(.*?):(\\d+)(?::\\d+)?:\\s+(?:required (?:from|by)|recursively required|note: in instantiation|note: (?:while|requested)).*$");

  /** nvcc: instantiation of ... at line 12 of file. */
  private static final Pattern AT_LINE = Pattern.compile("^.* at line (\\d+)(?: of (.*))?$");

  private static final Pattern ASSERTION =
      Pattern.compile(
          "^static[_ ]assert(?:ion)? failed(?: due to requirement '.*?')?(?: with)?:? ?\"?(.*?)\"?$");

  private static final String NO_SPACE = "No space left on device";
  private static final int LONGEST = 300;

  private CompilerMessages() {}

  /** One error and where it was found, the innermost place first. */
  private static final class Problem {
    final String reason;
    final List<String> places = new ArrayList<>();
    String more = "";

    Problem(String reason) {
      this.reason = reason;
    }

    boolean isAssertion() {
      return ASSERTION.matcher(reason).matches();
    }
  }

  /**
   * The error to show.
   *
   * @param purpose what was compiled
   * @param compiler name of the compiler
   * @param output all that it printed
   * @param sources the user's files
   */
  public static KlifException failure(
      String purpose, String compiler, String output, List<NeuronSource> sources) {
    if (output.contains(NO_SPACE)) {
      return new KlifException(KernelCache.noSpace());
    }
    List<Problem> problems = problems(output);
    // what the dual numbers (custom/dual.cuh) refuse explains more than what follows from it
    for (boolean assertions : new boolean[] {true, false}) {
      for (Problem problem : problems) {
        String place = userPlace(problem, sources);
        if (place != null && problem.isAssertion() == assertions) {
          return new KlifException(place + ": " + reason(problem));
        }
      }
    }
    String first =
        problems.isEmpty()
            ? shortened(output.strip().lines().findFirst().orElse("it printed nothing"))
            : reason(problems.get(0));
    return new KlifException(
        "%s: %s refused it: %s".formatted(purpose, compiler, first),
        new IllegalStateException(output));
  }

  private static List<Problem> problems(String output) {
    List<Problem> problems = new ArrayList<>();
    List<String> before = new ArrayList<>();
    for (String line : Splitter.on('\n').split(output)) {
      Matcher error = ERROR.matcher(line);
      Matcher from = FROM.matcher(line);
      Matcher at = AT_LINE.matcher(line);
      Problem last = problems.isEmpty() ? null : problems.get(problems.size() - 1);
      if (error.matches()) {
        Problem problem = new Problem(error.group(4));
        String number = error.group(2) == null ? error.group(3) : error.group(2);
        problem.places.add(error.group(1) + ":" + number);
        problem.places.addAll(before);
        before.clear();
        problems.add(problem);
      } else if (from.matches()) {
        // g++ says it ahead of the error, clang++ behind it
        boolean behind = last != null && line.contains("note:");
        (behind ? last.places : before).add(from.group(1) + ":" + from.group(2));
      } else if (last != null && at.matches() && at.group(2) != null) {
        last.places.add(at.group(2) + ":" + at.group(1));
      } else if (last != null && last.more.isEmpty() && line.contains("operand types are")) {
        last.more = line.strip();
      } else if (line.contains(": In ")) {
        before.clear();
      }
    }
    return problems;
  }

  private static @Nullable String userPlace(Problem problem, List<NeuronSource> sources) {
    for (String place : problem.places) {
      for (NeuronSource source : sources) {
        if (place.startsWith(SourceText.literal(source.origin()) + ":")
            || place.startsWith(source.origin() + ":")) {
          return source.origin() + place.substring(place.lastIndexOf(':'));
        }
      }
    }
    return null;
  }

  private static String reason(Problem problem) {
    Matcher assertion = ASSERTION.matcher(problem.reason);
    if (assertion.matches()) {
      return assertion.group(1);
    }
    String all = problem.reason + " " + problem.more;
    if (all.contains("discards qualifiers")
        || all.contains("read-only")
        || all.contains("but method is not marked const")
        || (all.contains("no viable overloaded") && all.contains("const "))
        || (all.contains("no operator") && all.contains("operand types are: const "))) {
      return "a Constant, Option or Learned cannot be changed in a step; what changes is a State";
    }
    String plain =
        all.replaceAll(" \\[-f?[\\w-]+\\]", "")
            .replaceAll(" (?:\\{aka |\\(aka )'[^']*'[})]", "")
            .replaceAll(" \\(aka \"[^\"]*\"\\)", "")
            .replaceAll(" in '.*?' \\(operand types", " (operand types")
            .replaceAll("klif_file::|klif_surrogate::", "")
            .replaceAll(
                "(?:const )?(?:State|Learned|Constant|Option)<(?:Number|Dual<\\d+>) ?>", "Real")
            .replaceAll("(?:const )?(?:Dual<\\d+>|Number)&?", "Real")
            .replaceAll("\\s+", " ")
            .strip();
    boolean toPlain =
        Pattern.compile("'?Real'?.* to [\"'](?:int|bool|float|double|long|unsigned)[\"']")
            .matcher(plain.replace('"', '\''))
            .find();
    return shortened(plain)
        + (toPlain ? "; write detach(x) and convert that, as in int(detach(x))" : "");
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + " ...";
  }
}
