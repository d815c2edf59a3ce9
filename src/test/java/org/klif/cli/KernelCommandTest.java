package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.file.NeuronFile;
import org.klif.testing.HostCompiler;

/** klif kernel from its command line to its output: mistakes in users' files above all. */
class KernelCommandTest {
  /** Line 1 of a file is blank of code; the step begins on line 9. */
  private static final String NEURON =
      """
      // A leaky neuron whose threshold rises.
      template <class Real>
      struct Mine {
        Constant<Real> tau = {2.0, atLeast(1.0)};
        Learned<Real> beta = {0.5, softplus, perChannel};
        State<Real> v = 0.0;
        State<Real> a = 0.0;

        __device__ Real step(Real x, Spike<Real> spike) {
          v += (x - v) / tau;
          Real s = spike(v - 1 - beta * a);
          a = 0.5 * a + s;
          v = v * (1 - detach(s));
          return s;
        }
      };
      """;

  @TempDir Path folder;

  @BeforeEach
  void requireCompiler() {
    HostCompiler.require();
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name + ".cuh"), text);
  }

  private Path changed(String name, String from, String to) throws IOException {
    assertTrue(NEURON.contains(from));
    return file(name, NEURON.replace(from, to));
  }

  private static Cli check(Path file, String... more) {
    List<String> words = new ArrayList<>(List.of("kernel", "check", file.toString()));
    words.addAll(List.of("--quick", "--device", "cpu", "--threads", "1"));
    words.addAll(List.of(more));
    return Cli.run(words.toArray(String[]::new));
  }

  private static void assertOneSentence(int code, String message, Cli cli) {
    assertEquals("klif: " + message + "\n", cli.err());
    assertEquals(code, cli.code());
  }

  @Test
  void aSyntaxErrorHasFileAndLine() throws IOException {
    Path file = changed("mine", "beta * a);", "beta * a));");
    Cli cli = check(file);
    assertEquals(1, cli.code());
    assertTrue(cli.err().startsWith("klif: " + file + ":11: "), cli.err());
    assertEquals(1, cli.err().lines().count(), cli.err());
  }

  @Test
  void whatCannotBeDifferentiatedHasFileAndLine() throws IOException {
    Path file = changed("mine", "0.5 * a + s", "0.5 * floor(a) + s");
    assertOneSentence(
        1,
        file
            + ":12: floor(x) has no gradient; write floor(detach(x)), which is a constant for the gradient",
        check(file));
  }

  @Test
  void aNameClashHasFileAndLine() throws IOException {
    Path twice = changed("mine", "State<Real> a", "State<Real> beta");
    assertOneSentence(1, twice + ":7: the name 'beta' is taken, by line 5", check(twice));
    Path shipped = file("alif", NEURON);
    assertOneSentence(
        2,
        shipped + ":3: a neuron of the name alif comes with Klif; choose another name",
        check(shipped));
  }

  /** The words of networks' texts, as docs/COMMANDS.md lists them. */
  @Test
  void aNeuronCannotHaveALayersName() throws IOException {
    List<String> words =
        Files.readAllLines(Path.of("docs/COMMANDS.md")).stream()
            .dropWhile(line -> !line.startsWith("| text | layer |"))
            .skip(2)
            .takeWhile(line -> line.startsWith("|"))
            .flatMap(
                line -> Pattern.compile("`([^`]+)`").matcher(line.split("\\|", -1)[1]).results())
            .map(result -> result.group(1).replaceAll("TAU|N|M", "2"))
            .map(text -> text.replaceFirst("[^a-z0-9].*", ""))
            .filter(word -> !word.isEmpty() && !NeuronOptions.MODELS.contains(word))
            .filter(word -> !NeuronFile.SHIPPED.contains(word))
            .toList();
    assertTrue(
        words.containsAll(List.of("bn", "tdbn", "gap", "up2", "attend8", "fc2")), "" + words);
    for (String word : words) {
      Path layer = file(word, NEURON);
      assertOneSentence(
          2,
          layer + ":3: '" + word + "' is another layer in a network's text; choose another name",
          check(layer));
    }
  }

  @Test
  void aStepThatMakesNaNIsFoundWithFileAndLine() throws IOException {
    Path file = changed("mine", "v += (x - v) / tau;", "v += log(x - 5) / tau;");
    Cli cli = check(file, "--json");
    assertEquals(1, cli.code(), cli.out());
    assertEquals("", cli.err());
    JsonNode wrong = null;
    for (JsonNode row : cli.json().get("rows")) {
      wrong = wrong == null && row.get("check").asText().equals("edges") ? problem(row) : wrong;
    }
    assertTrue(
        wrong
            .asText()
            .contains(file + ":10: the step makes v not a number at time step 1 from x ="),
        wrong.asText());
    assertTrue(cli.out().contains(file + ":10: the step makes v not a number"), cli.out());
  }

  private static JsonNode problem(JsonNode row) {
    return row.get("problem");
  }

  @Test
  void aStateTooManyHasFileAndLine() throws IOException {
    StringBuilder more = new StringBuilder();
    for (int i = 0; i < 7; i++) {
      more.append("State<Real> s%d = 0.0;\n  ".formatted(i));
    }
    Path file = changed("mine", "State<Real> v", more + "State<Real> v");
    assertOneSentence(
        1, file + ":14: 'a' is a state too many; a neuron has at most 8", check(file));
  }

  @Test
  void aFileCutShortAndOneThatIsNotThere() throws IOException {
    Path cut = file("mine", NEURON.substring(0, NEURON.indexOf("v +=")));
    Cli cli = check(cut);
    assertEquals(1, cli.code());
    assertTrue(cli.err().startsWith("klif: " + cut + ":"), cli.err());
    assertEquals(1, cli.err().lines().count(), cli.err());
    Path absent = folder.resolve("absent.cuh");
    assertOneSentence(
        2,
        "there is no file %s; klif kernel new absent makes one to start from".formatted(absent),
        check(absent));
  }

  /** Wrong by hand or by mistake: the check sees what the equation does not do. */
  @Test
  void whatTheFileBesideItExpectsIsChecked() throws IOException {
    Path neuron = file("mine", NEURON);
    Path expected = folder.resolve("mine.check.yaml");
    String cases = "cases:\n  - input: const:1.5\n    steps: 3\n    spikes: [%s]\n";
    Files.writeString(expected, cases.formatted("2"));
    assertEquals(0, check(neuron).code());
    Files.writeString(expected, cases.formatted("3"));
    Cli cli = check(neuron);
    assertEquals(1, cli.code());
    assertTrue(
        cli.out().contains(expected + ", line 2: it fires at [2], expected is [3]"), cli.out());
    Files.writeString(expected, "cases:\n  - inptu: const:1.5\n");
    assertOneSentence(
        1,
        expected
            + ", line 2: unknown key 'inptu'; known are input, steps, set, spikes, states, within",
        check(neuron));
  }

  @Test
  void aNewNeuronWorksAsItIs() {
    Cli made = Cli.run("kernel", "new", "my_neuron", "--out", folder.toString());
    assertEquals(0, made.code(), made.err());
    Path file = folder.resolve("my_neuron.cuh");
    Cli checked = check(file);
    assertEquals(0, checked.code(), checked.out() + checked.err());
    assertTrue(checked.out().contains("expected"), checked.out());
    Cli again = Cli.run("kernel", "new", "my_neuron", "--out", folder.toString());
    assertOneSentence(
        1, file + " is there already; choose another name, or --force to replace it", again);
    assertOneSentence(
        2,
        "klif kernel new if: a neuron of the name if comes with Klif; choose another name",
        Cli.run("kernel", "new", "if", "--out", folder.toString()));
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    Cli cli = Cli.run("kernel", "new", "mine", "--out", file.toString());
    assertEquals(1, cli.code(), cli.err());
    assertTrue(cli.err().contains(file.toString()), cli.err());
    assertEquals(1, cli.err().lines().count(), cli.err());
  }

  @Test
  void aSurrogateIsCheckedAgainstItsPrimitive() throws IOException {
    String text =
        """
        struct Logistic {
          template <class Real>
          __device__ Real primitive(Real u, Real alpha) const {
            return sigmoid(alpha * u);
          }
          template <class Real>
          __device__ Real derivative(Real u, Real alpha) const {
            Real y = sigmoid(alpha * u);
            return alpha * y * (1 - y);
          }
        };
        """;
    assertEquals(0, check(file("logistic", text)).code());
    Cli wrong = check(file("off", text.replace("Logistic", "Off").replace("* (1 - y)", "")));
    assertEquals(1, wrong.code());
    assertTrue(wrong.out().contains("wrong"), wrong.out());
    assertEquals(0, check(file("mine", NEURON), "--surrogate", folder + "/logistic.cuh").code());
  }

  @Test
  void picturesAndTables() throws IOException {
    Path neuron = file("mine", NEURON);
    for (String name : List.of("trace.svg", "trace.png")) {
      Path picture = folder.resolve(name);
      Cli cli =
          Cli.run(
              "kernel",
              "trace",
              neuron.toString(),
              "--input",
              "const:1.5",
              "--steps",
              "12",
              "--out",
              picture.toString(),
              "--device",
              "cpu");
      assertEquals(0, cli.code(), cli.err());
      assertTrue(Files.size(picture) > 1000, name);
    }
    Cli table =
        Cli.run("kernel", "trace", neuron.toString(), "--steps", "3", "--device", "cpu", "--json");
    assertEquals("[2]", table.json().get("spikes").toString());
    assertEquals(0.75, table.json().get("states").get("v").get(0).asDouble(), 1e-7);
    Cli wrong = Cli.run("kernel", "trace", neuron.toString(), "--input", "sine:3");
    assertEquals(2, wrong.code());
    assertEquals(1, wrong.err().lines().count(), wrong.err());
  }

  @Test
  void theListNamesWhatCanBeUsedHere() throws IOException {
    file("mine", NEURON);
    file("broken", "template <class Real> struct Broken {");
    Cli cli = Cli.run("kernel", "list", "--folder", folder.toString(), "--json");
    assertEquals(0, cli.code(), cli.err());
    List<String> names = new ArrayList<>();
    cli.json().get("neurons").forEach(one -> names.add(one.get("name").asText()));
    assertEquals(
        List.of(
            "klif",
            "lif",
            "plif",
            "if",
            "alif",
            "eif",
            "glif",
            "cubalif",
            "clif",
            "ltlif",
            "tclif",
            "dalif",
            folder + "/broken.cuh",
            folder + "/mine.cuh"),
        names);
    assertTrue(cli.out().contains("broken.cuh"), cli.out());
  }

  /** Three currents, worked out by hand. */
  @Test
  void aShippedNeuronIsHeldToWhatIsExpectedOfIt() {
    Cli cli = check(Path.of("dalif"));
    assertEquals(0, cli.code(), cli.out() + cli.err());
    assertEquals(3, cli.out().lines().filter(line -> line.startsWith("expected ")).count());
  }

  @Test
  void wrongCommandLinesAreOneSentence() {
    assertOneSentence(
        2,
        "klif kernel what? There are new, build, check, bench, trace and list",
        Cli.run("kernel"));
    Cli unknown = Cli.run("kernel", "check", "alfi");
    assertOneSentence(
        2,
        "unknown neuron 'alfi' (did you mean 'alif'?); known are klif, lif, plif, if, alif, eif, glif, cubalif, clif, ltlif, tclif, dalif, and a file of your own by its path, as in ./alfi.cuh",
        unknown);
    Cli option = Cli.run("kernel", "check", "alif", "--frobnicate");
    assertEquals(2, option.code());
    assertTrue(option.err().startsWith("klif: unknown option '--frobnicate'"), option.err());
  }

  /** What the kernels of one are called in a file that may not be read. */
  @Test
  void aFileThatMayNotBeRead() throws IOException {
    Path file = file("mine", NEURON);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    if (Files.isReadable(file)) {
      return; // root reads everything
    }
    Cli cli = check(file);
    assertEquals(1, cli.code());
    assertTrue(cli.err().startsWith("klif: Cannot read " + file), cli.err());
  }
}
