package org.klif.workbench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.neuron.Neuron;
import org.klif.neuron.Surrogate;
import org.klif.neuron.file.NeuronFile;
import org.klif.testing.Allowed;
import org.klif.testing.HostCompiler;

/** What docs/EXTENDING.md shows does what it says. */
class ExtendingDocumentTest {
  private static final Pattern BLOCK =
      Pattern.compile("^```(cpp|yaml)\\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE);
  private static final int MOST_LINES = 25;

  @TempDir Path folder;

  @BeforeAll
  static void compiler() {
    HostCompiler.require();
  }

  private static String document() throws IOException {
    Path home = Path.of(System.getProperty("klif.home", "."));
    return Files.readString(home.resolve("docs/EXTENDING.md"));
  }

  /** A file of the document, by its first word, and what the document expects of it. */
  record Shown(String name, String text, Optional<String> expected) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Shown> files() throws IOException {
    List<Shown> files = new ArrayList<>();
    Matcher block = BLOCK.matcher(document());
    while (block.find()) {
      String text = block.group(2);
      if (block.group(1).equals("yaml")) {
        Shown last = files.remove(files.size() - 1);
        files.add(new Shown(last.name(), last.text(), Optional.of(text)));
      } else if (text.startsWith("// ")) {
        files.add(new Shown(text.substring(3, text.indexOf(':')), text, Optional.empty()));
      } else {
        String shipped = NeuronFile.shipped("glif").source().text();
        assertTrue(shipped.contains(text), "not in glif.cuh: " + text);
      }
    }
    return files;
  }

  @Test
  void allFilesAreThere() throws IOException {
    assertEquals(
        List.of("adaptive", "exponential", "box"), files().stream().map(Shown::name).toList());
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyFileOfTheDocumentPassesItsCheck(Shown shown) throws IOException {
    Path file = Files.writeString(folder.resolve(shown.name() + ".cuh"), shown.text());
    List<String> wrong = new ArrayList<>();
    if (NeuronFile.holdsSurrogate(file)) {
      SurrogateCheck.check(
          NeuronFile.readSurrogate(file, Allowed.EVERYTHING), 2, row -> note(row, wrong));
    } else {
      Neuron.Custom neuron =
          Neuron.Custom.of(
              NeuronFile.read(file, Allowed.EVERYTHING), Surrogate.of(Surrogate.Kind.ATAN));
      Optional<ExpectedFile> expected =
          shown.expected().map(text -> ExpectedFile.parse("expected", text));
      new KernelCheck(neuron, expected, true)
          .run(threads -> Devices.open("cpu", new DeviceOptions(threads)), r -> note(r, wrong));
    }
    assertEquals(List.of(), wrong);
  }

  private static void note(CheckRow row, List<String> wrong) {
    if (!row.ok()) {
      wrong.add(row.failure());
    }
  }

  /** Lines that are not blank and not a comment alone. */
  @ParameterizedTest
  @FieldSource("org.klif.neuron.file.NeuronFile#SHIPPED")
  void theExamplesAreShort(String name) {
    Stream<String> lines = NeuronFile.shipped(name).source().text().lines();
    List<String> code =
        lines.map(String::strip).filter(l -> !l.isEmpty() && !l.startsWith("//")).toList();
    assertTrue(code.size() <= MOST_LINES, name + " has " + code.size() + " lines of code");
  }

  /** Functions, kinds and limits that the document lists. */
  @Test
  void whatTheTablesSayIsSo() throws IOException {
    String functions =
        """
        // every: each function that the table lists.
        template <class Real>
        struct Every {
          Constant<Real> tau = {2.0, atLeast(1.0), atMost(9)};
          Option<Real> soft = {true};
          Learned<Real> k = {1.0};
          State<Real> v = 0.0;

          __device__ Real step(Real x, Spike<Real> spike) {
            Real y = exp(-abs(x)) + log(1 + x * x) + sqrt(1 + x * x) + tanh(x) + sigmoid(x) + softplus(x) + relu(x);
            y += min(x, 1) + max(x, 0) + clamp(x, -1, 1) + fma(k, x, y) + pow(1 + x * x, 0.5) + floor(detach(x));
            v += where(x > 0, y, 0) / (tau * 100);
            if (soft) {
              v -= 0.1 * k;
            } else {
              v = x < 0 ? v : x;
            }
            Real s = spike(v - 1);
            v = v * (1 - detach(s));
            return s;
          }
        };
        """;
    Path file = Files.writeString(folder.resolve("every.cuh"), functions);
    Neuron.Custom neuron =
        Neuron.Custom.of(
            NeuronFile.read(file, Allowed.EVERYTHING), Surrogate.of(Surrogate.Kind.ATAN));
    List<String> wrong = new ArrayList<>();
    new KernelCheck(neuron, Optional.empty(), true)
        .run(threads -> Devices.open("cpu", new DeviceOptions(threads)), r -> note(r, wrong));
    assertEquals(List.of(), wrong);
  }
}
