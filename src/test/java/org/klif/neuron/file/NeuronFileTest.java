package org.klif.neuron.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronSource;

class NeuronFileTest {
  private static final double INF = Double.POSITIVE_INFINITY;

  @TempDir Path folder;

  private static NeuronModel parse(String text) {
    return NeuronFile.parse(new NeuronSource("x", "x.cuh", text));
  }

  /** A neuron whose third line is this one. */
  private static String with(String line) {
    return """
    template <class Real>
    struct X {
      %s
      State<Real> v = 0.0;

      __device__ Real step(Real x, Spike<Real> spike) {
        v += x;
        return spike(v - 1);
      }
    };
    """
        .formatted(line);
  }

  @Test
  void declarationsAreReadInTheirOrder() {
    NeuronModel model = NeuronFile.shipped("alif");
    assertEquals("Alif", model.struct());
    assertEquals("alif", model.name());
    assertEquals(List.of(new NeuronModel.Constant("tau", 2, 1, INF, 12)), model.constants());
    assertEquals(
        List.of(
            new NeuronModel.Learned(
                "beta", 0.5, NeuronModel.Constraint.SOFTPLUS, -INF, INF, true, 13),
            new NeuronModel.Learned(
                "rho", 0.9, NeuronModel.Constraint.SIGMOID, -INF, INF, false, 14)),
        model.learned());
    assertEquals(
        List.of(new NeuronModel.State("v", 0, 15), new NeuronModel.State("a", 0, 16)),
        model.states());
  }

  @ParameterizedTest
  @MethodSource("org.klif.neuron.file.NeuronLibrary#names")
  void allThatComeWithKlifAreRead(String name) {
    NeuronModel model = NeuronFile.shipped(name);
    assertTrue(!model.states().isEmpty(), name);
    // examples have no more than 25 lines of code
    long code =
        model
            .source()
            .text()
            .lines()
            .filter(l -> !l.isBlank() && !l.strip().startsWith("//"))
            .count();
    assertTrue(code <= 25 || !NeuronFile.SHIPPED.contains(name), name + " has lines: " + code);
  }

  @Test
  void whatElseAFileMayHold() {
    NeuronModel model =
        parse(
            """
            #include "klif.cuh"
            /* State<Real> no = 1.0; */
            template <class Real> __device__ Real twice(Real x) { return 2 * x; }
            struct Other { float q; };

            template <typename R>
            struct Mine {
              static constexpr int N = 3;
              using Me = Mine<R>;
              State<R> v = -1e-2f;  // State<R> w = 0.0;
              __device__ R drive(R x) const { R y = {x}; return twice(y); }
              __device__ R step(R x, Spike<R> spike) { R s = 0; for (int i = 0; i < N; i++) { s += drive(x); } v = s; return spike(v); }
              Option<R> flag = {false};
              Learned<R> k = {1, atLeast(-2), atMost(2.5)};
            };
            """);
    assertEquals("Mine", model.struct());
    assertEquals(List.of(new NeuronModel.State("v", -0.01, 10)), model.states());
    assertEquals(List.of(new NeuronModel.Constant("flag", 0, 0, 1, 13)), model.constants());
    assertEquals(-2, model.learned().get(0).lower());
    assertEquals(2.5, model.learned().get(0).upper());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "float q = 2; | 'float q = 2' is no declaration of a neuron",
        "Real q; | 'Real q' is no declaration of a neuron",
        "State<Real> w; | State 'w' needs a value",
        "State<Double> w = 0; | State<Double> must be State<Real>",
        "State<Real> w = 1.0 / 3; | '1.0 / 3' of 'w' is no plain number",
        "State<Real> w = {0.0, atLeast(0)}; | 'atLeast(0)' is no option of State 'w'; there are none",
        "Learned<Real> q = {0.5, sigmoidal}; | 'sigmoidal' is no option of Learned 'q'; there are sigmoid",
        "Learned<Real> q = {1.5, sigmoid}; | 'q' is a sigmoid's value, so it lies between 0 and 1, not at 1.5",
        "Learned<Real> q = {0, softplus}; | 'q' is a softplus's value, so it is above 0",
        "Learned<Real> q = {2, softplus, atMost(3)}; | 'q' has a softplus, which is a bound of its own",
        "Learned<Real> q = {2, atMost(1)}; | 2.0 of 'q' is outside its bounds",
        "Constant<Real> q = {1.0, perChannel}; | 'perChannel' is no option of Constant 'q'",
        "Option<Real> q = {2}; | Option 'q' is true or false, not '2'",
        "State<Real> w = 0.0 | a declaration stands on one line and ends with ';'",
        "Constant<Real> v = 1.0; State<Real> w = 0.0; Learned<Real> w = 1.0; | the name 'w' is taken, by line 3"
      })
  void aWrongDeclarationIsNamedWithItsLine(String line, String message) {
    KlifException e = assertThrows(KlifException.class, () -> parse(with(line)));
    assertTrue(e.getMessage().startsWith("x.cuh:3: " + message), e.getMessage());
  }

  @Test
  void tooManyStatesOrParametersNameTheFirstThatIs() {
    StringBuilder states = new StringBuilder();
    StringBuilder learned = new StringBuilder();
    for (int i = 0; i < NeuronModel.MOST_STATES; i++) {
      states.append("State<Real> s%d = 0.0;\n".formatted(i));
      learned.append("Learned<Real> p%d = 1.0;\n".formatted(i));
    }
    KlifException e = assertThrows(KlifException.class, () -> parse(with(states.toString())));
    assertEquals("x.cuh:12: 'v' is a state too many; a neuron has at most 8", e.getMessage());
    parse(with(learned.toString()));
    KlifException more =
        assertThrows(KlifException.class, () -> parse(with(learned + "Learned<Real> last = 1.0;")));
    assertEquals(
        "x.cuh:11: 'last' is a learned parameter too many; a neuron has at most 8",
        more.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "struct X { int a; }; | x.cuh: no neuron in this file",
        "/* | x.cuh:1: a comment /* is not closed",
        "struct X { | x.cuh:1: this '{' is not closed",
        "} | x.cuh:1: this '}' closes nothing"
      })
  void aFileWithoutANeuronSaysSo(String text, String message) {
    KlifException e = assertThrows(KlifException.class, () -> parse(text));
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
  }

  @Test
  void twoNeuronsInAFileAreOneTooMany() {
    KlifException e =
        assertThrows(
            KlifException.class, () -> parse(with("") + with("").replace("struct X", "struct Y")));
    assertTrue(
        e.getMessage().startsWith("x.cuh:12: Y is a second struct with a step"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "klif, comes with Klif",
    "alif, comes with Klif",
    "sn, is another layer",
    "mp2, is another layer",
    "c3k3, is another layer",
    "Alif, cannot be one",
    "my-neuron, cannot be one"
  })
  void aNameThatIsTakenIsRefused(String name, String message) throws IOException {
    Path file = folder.resolve(name + ".cuh");
    Files.writeString(file, with(""));
    UsageException e =
        assertThrows(UsageException.class, () -> NeuronFile.read(file, Trust.SHIPPED));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void aFileIsReadUnderItsName() throws IOException {
    Path file = folder.resolve("my_neuron2.cuh");
    UsageException none =
        assertThrows(UsageException.class, () -> NeuronFile.read(file, Trust.SHIPPED));
    assertTrue(none.getMessage().startsWith("there is no file"), none.getMessage());
    Files.writeString(file, with(""));
    assertEquals("my_neuron2", NeuronFile.read(file, Trust.SHIPPED).name());
    assertEquals(file.toString(), NeuronFile.read(file, Trust.SHIPPED).source().origin());
    Files.writeString(file, with("") + "\n".repeat(1 << 20));
    KlifException e = assertThrows(KlifException.class, () -> NeuronFile.read(file, Trust.SHIPPED));
    assertTrue(e.getMessage().startsWith(file + " has more than 1048576 bytes"), e.getMessage());
    Files.write(file, new byte[] {'/', '/', (byte) 0xe9});
    e = assertThrows(KlifException.class, () -> NeuronFile.read(file, Trust.SHIPPED));
    assertEquals("Cannot read " + file + ": it is not text in UTF-8", e.getMessage());
  }

  /** Whatever a text is: what it declares, or one sentence that begins with the file. */
  @Test
  void mutilatedFilesAreReadOrRefusedInOneSentence() {
    Random random = new Random(3);
    String pieces = "{}()<>;=,./*\"#\n \t0123456789.eE+-abRealState<Real>Learned~%\u00e9\0";
    int refused = 0;
    for (int round = 0; round < 4000; round++) {
      String name = NeuronFile.SHIPPED.get(round % NeuronFile.SHIPPED.size());
      StringBuilder text = new StringBuilder(NeuronFile.shipped(name).source().text());
      for (int change = random.nextInt(4); change >= 0; change--) {
        int at = random.nextInt(text.length());
        int length = Math.min(text.length() - at, 1 + random.nextInt(12));
        switch (random.nextInt(4)) {
          case 0 -> text.replace(at, at + length, " ");
          case 1 -> text.insert(at, pieces.charAt(random.nextInt(pieces.length())));
          case 2 -> text.insert(random.nextInt(text.length()), text.substring(at, at + length));
          default -> text.setLength(Math.max(1, at));
        }
      }
      try {
        NeuronModel model = NeuronFile.parse(new NeuronSource("x", "x.cuh", text.toString()));
        assertTrue(model.states().size() <= NeuronModel.MOST_STATES);
      } catch (KlifException e) {
        refused++;
        assertTrue(e.getMessage().matches("(?s)x\\.cuh(:\\d+)?: .+"), e.getMessage());
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      }
    }
    assertTrue(refused > 1000, "refused " + refused);
  }

  /** Nothing in the reader grows with the square of a text or its depth. */
  @Test
  void longFilesAreRead() {
    String comments = "// words words words\n".repeat(50_000);
    assertEquals(1, parse(comments + with("Constant<Real> k = 1.0;")).constants().size());
    String nested = "  if (x > 0) {\n".repeat(5_000) + "  }\n".repeat(5_000);
    String text = with("").replace("  v += x;", "v += x;\n" + nested);
    assertEquals(1, parse(text).states().size());
  }
}
