package org.klif.device.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.KlifException;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.Surrogate;
import org.klif.neuron.file.NeuronFile;
import org.klif.testing.Allowed;
import org.klif.testing.HostCompiler;

/** What a user reads when a neuron does not compile: one sentence with the file and the line. */
class UserErrorsTest {
  /** Line 10 is the one that each test fills. */
  private static final String TEXT =
      """
      #include "klif.cuh"
      // a comment with 'quotes" and { braces
      template <class Real>
      struct Bad {
        Constant<Real> tau = {2.0, atLeast(1.0)};
        Learned<Real> beta = {0.5, softplus};
        State<Real> v = 0.0;
        __device__ Real step(Real x, Spike<Real> spike) {
          v += (x - v) / tau;
          @
          Real s = spike(v - 1);
          v = v * (1 - detach(s));
          return s;
        }
      };
      """;

  private static final String STEP = "custom/custom_step.cuh";

  @TempDir private Path folder;

  static List<List<String>> mistakes() {
    String needs = "; write detach(x) and convert that, as in int(detach(x))";
    String noPlain =
        "a number that has a gradient cannot become an int, bool or float; write detach(x) first, which makes it a constant, or compare it, as in x > 0";
    String fixed =
        "a Constant, Option or Learned cannot be changed in a step; what changes is a State";
    return List.of(
        List.of("v = v * gamma_;", "'gamma_' was not declared in this scope"),
        List.of("v = exp(v;", "expected ')' before ';' token"),
        List.of(
            "v = floor(v);",
            "floor(x) has no gradient; write floor(detach(x)), which is a constant for the gradient"),
        List.of(
            "v = v % 2;",
            "x % y has no gradient; write fmod(detach(x), detach(y)), which is a constant for the gradient"),
        List.of("int n = (int) v;", noPlain),
        List.of("if (v) v = 1;", noPlain),
        List.of("Real both = v && x;", noPlain),
        List.of("int n = v;", "cannot convert 'Real' to 'int' in initialization" + needs),
        List.of("float f = v;", "cannot convert 'Real' to 'float' in initialization" + needs),
        List.of("tau = 3;", fixed),
        List.of("beta *= 2;", fixed),
        List.of(
            "v = sin(v);",
            "sin(x) is not offered; there are exp, log, sqrt, tanh, sigmoid, softplus, pow, relu, abs, min, max, clamp, fma and where"),
        List.of("v = std::exp(v);", "'exp' is not a member of 'std'"),
        List.of(
            "v = spike;", "no match for 'operator=' (operand types are 'Real' and 'Spike<Real>')"),
        List.of(
            "v = clamp(v, 1);", "too few arguments to function 'Real clamp(Real, Real, Real)'"));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void theHostCompilersErrorIsOneSentence(List<String> mistake) {
    HostCompiler.require();
    Compiler compiler = Compiler.find("g++").orElse(null);
    Assumptions.assumeTrue(compiler != null, "skipped: the sentences are those of g++");
    String message = compile(compiler, List.of("-fsyntax-only", "-w"), "bad.cpp", mistake.get(0));
    assertEquals("my/bad.cuh:10: " + mistake.get(1), message);
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void nvccsErrorHasFileAndLineToo(List<String> mistake) {
    Compiler compiler = Compiler.find("nvcc").orElse(null);
    Assumptions.assumeTrue(compiler != null, "skipped: nvcc is absent");
    List<String> flags = List.of("-ptx", "-arch=compute_80", "-o", "bad.ptx");
    String message = compile(compiler, flags, "bad.cu", mistake.get(0));
    assertTrue(message.startsWith("my/bad.cuh:10: "), message);
    // Klif's own sentences are the same everywhere, the compilers' are not
    if (mistake.get(1).contains("; ") && !mistake.get(1).contains("convert '")) {
      assertEquals("my/bad.cuh:10: " + mistake.get(1), message);
    }
  }

  private String compile(Compiler compiler, List<String> flags, String file, String line) {
    NeuronModel model = model(TEXT.replace("@", line));
    Neuron.Custom neuron = Neuron.Custom.of(model, Surrogate.of(Surrogate.Kind.ATAN));
    String text =
        """
        #include "%s"
        %s
        __device__ float both(float x, float u) {
          float state[1] = {0.0f};
          float learned[1] = {0.0f};
          const float s = stepForward<Model>(state, learned, x, u);
          return stepBackward<Model>(state, learned, x, s, state, learned);
        }
        """
            .formatted(STEP, ModelText.of(neuron, false));
    List<String> arguments = new ArrayList<>(List.of("-std=c++17", KernelHeaders.SEARCH));
    arguments.addAll(flags);
    arguments.add(file);
    try {
      Files.writeString(folder.resolve(file), text);
      new KernelHeaders(STEP).writeTo(folder);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return assertThrows(
            KlifException.class,
            () -> compiler.compile("neuron bad", arguments, folder, List.of(model.source())))
        .getMessage();
  }

  private static NeuronSource allowed(String text) {
    return Allowed.source("mine", "mine.cuh", text);
  }

  private static NeuronModel model(String text) {
    // what Java reads is right, so that the rest is left to the compiler
    NeuronModel right =
        NeuronFile.parse(Allowed.source("bad", "my/bad.cuh", TEXT.replace("@", "")));
    NeuronSource source = Allowed.source("bad", "my/bad.cuh", text);
    return new NeuronModel(
        source, right.struct(), right.learned(), right.constants(), right.states());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "if (v > 1) {        | my/bad.cuh:4: this '{' is not closed; a '}' is missing",
        "}                   | my/bad.cuh:15: this '}' closes nothing; there is one too many",
        "/* never ends       | my/bad.cuh:10: a comment /* is not closed",
        "v = \"text;         | my/bad.cuh:10: a quote is not closed",
      })
  void whatIsLeftOpenIsSaidWithItsLine(String line, String expected) {
    NeuronModel model = model(TEXT.replace("@", line));
    Neuron.Custom neuron = Neuron.Custom.of(model, Surrogate.of(Surrogate.Kind.ATAN));
    String message =
        assertThrows(KlifException.class, () -> ModelText.of(neuron, false)).getMessage();
    assertEquals(expected, message);
  }

  @Test
  void clangsNotesAreReadToo() {
    String output =
        """
        In file included from neuron.cpp:1:
        custom/dual.cuh:298:5: error: static assertion failed due to requirement '4 < 0': floor(x) has no gradient
        my/bad.cuh:10:7: note: in instantiation of member function 'floor' requested here
            v = floor(v);
                ^
        1 error generated.
        """;
    KlifException e =
        CompilerMessages.failure(
            "neuron bad", "clang++", output, List.of(new NeuronSource("bad", "my/bad.cuh", "")));
    assertEquals("my/bad.cuh:10: floor(x) has no gradient", e.getMessage());
  }

  @Test
  void anErrorWithoutTheUsersLineStillSaysWhatFailed() {
    KlifException e =
        CompilerMessages.failure("neuron bad", "g++", "g++: fatal error: killed\n", List.of());
    assertEquals("neuron bad: g++ refused it: g++: fatal error: killed", e.getMessage());
    e = CompilerMessages.failure("neuron bad", "g++", "", List.of());
    assertEquals("neuron bad: g++ refused it: it printed nothing", e.getMessage());
  }

  @Test
  void aFullDiskIsNoMistakeOfTheUser() {
    KlifException e =
        CompilerMessages.failure(
            "neuron bad",
            "g++",
            "/x/a.cpp:1: fatal error: error writing to /x/a.s: No space left on device\n",
            List.of());
    assertTrue(e.getMessage().startsWith("no space left on the disk"), e.getMessage());
  }

  @Test
  void withoutACompilerItSaysWhatToInstall() {
    KlifException e =
        assertThrows(
            KlifException.class, () -> Compiler.forHost(Map.of("PATH", folder.toString())));
    assertEquals(
        "a neuron of your own is compiled for the CPU by g++ or clang++, and neither is here; install one (Debian, Ubuntu: apt install g++), or name one in CXX",
        e.getMessage());
    e =
        assertThrows(
            KlifException.class, () -> Compiler.forHost(Map.of("CXX", "nosuch++", "PATH", "/bin")));
    assertEquals(
        "CXX names the C++ compiler nosuch++, and there is no such program; correct CXX, or unset it to use g++",
        e.getMessage());
  }

  @Test
  void aSurrogatesStructIsFound() {
    String functions =
        """
          template <class Real> __device__ Real primitive(Real u, Real alpha) const { return u; }
          template <class Real> __device__ Real derivative(Real u, Real a) const { return 1; }
        """;
    NeuronSource good = allowed("struct Other { int i; };\nstruct Mine {\n" + functions + "};\n");
    assertEquals("Mine", SourceText.of(good).surrogateStruct());
    NeuronSource template =
        allowed("\ntemplate <class Real>\nstruct Mine {\n" + functions + "};\n");
    assertEquals(
        "mine.cuh:3: struct Mine of a surrogate must not be a template itself; its functions primitive and derivative are",
        assertThrows(KlifException.class, () -> SourceText.of(template).surrogateStruct())
            .getMessage());
    NeuronSource none = allowed("struct Mine { };\n");
    assertTrue(
        assertThrows(KlifException.class, () -> SourceText.of(none).surrogateStruct())
            .getMessage()
            .startsWith("mine.cuh: no surrogate in this file"));
  }

  @Test
  void twoWritersOfOneKeyDoNotDisturbEachOther() throws IOException {
    KernelCache cache = new KernelCache(folder.resolve("cache"));
    Path outer =
        cache.get(
            "n",
            "k",
            ".so",
            (target, work) -> {
              // another process is quicker
              Path inner = cache.get("n", "k", ".so", (t, w) -> Files.writeString(t, "inner"));
              assertTrue(Files.readString(inner).startsWith("inner\n"));
              Files.writeString(target, "outer");
            });
    assertTrue(Files.readString(outer).startsWith("outer\n"));
    assertEquals(outer, cache.get("n", "k", ".so", (t, w) -> Files.writeString(t, "never")));
    assertThrows(
        KlifException.class,
        () ->
            cache.get(
                "n",
                "other",
                ".so",
                (t, w) -> {
                  Files.writeString(t, "half");
                  throw new KlifException("refused");
                }));
    try (Stream<Path> files = Files.list(cache.folder())) {
      assertEquals(List.of(outer), files.toList());
    }
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    KernelCache cache = new KernelCache(file.resolve("kernels"));
    KlifException e =
        assertThrows(KlifException.class, () -> cache.get("n", "k", ".so", (t, w) -> {}));
    assertTrue(
        e.getMessage().startsWith("cannot make the folder " + cache.folder()), e.getMessage());
  }
}
