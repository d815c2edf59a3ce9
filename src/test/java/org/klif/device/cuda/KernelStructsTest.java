package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.device.compile.Compiler;
import org.klif.testing.DeclaredStruct;
import org.klif.testing.HostCompiler;

/**
 * The structs that Java writes and kernels read are the same on both sides: name, type and place of
 * each field.
 */
class KernelStructsTest {
  private static final Path HOME = Path.of(System.getProperty("klif.home", ".")).toAbsolutePath();

  @TempDir private Path folder;

  static List<Shared> shared() {
    return List.of(
        new Shared(NeuronArguments.STRUCT, "neuron/neuron.cuh"),
        new Shared(NeuronGeometry.STRUCT, "neuron/lanes.cuh"),
        new Shared(NeuronSums.STRUCT, "neuron/neuron_common.cu"),
        new Shared(ColumnGrid.STRUCT, "common/columns.cuh"),
        new Shared(CudaPooling.STRUCT, "layers/pooling.cu"),
        new Shared(CudaOptimizerStep.PIECE_STRUCT, "layers/optimizer.cu"),
        new Shared(CudaOptimizerStep.SEGMENT_STRUCT, "layers/optimizer.cu"));
  }

  private record Shared(KernelStruct struct, String source) {
    @Override
    public String toString() {
      return struct.name();
    }

    String text() throws IOException {
      return Files.readString(HOME.resolve("cuda-kernels").resolve(source));
    }

    /** The fields as Java has them. */
    DeclaredStruct written() {
      return new DeclaredStruct(
          struct.fields().stream()
              .map(f -> new DeclaredStruct.Field(f.name(), inC(f.type()), f.offset()))
              .toList(),
          struct.bytes());
    }
  }

  private static String inC(KernelStruct.Type type) {
    return switch (type) {
      case INT32 -> "int";
      case INT64 -> "long long";
      case FLOAT32 -> "float";
      case FLOAT64 -> "double";
      case ADDRESS -> "pointer";
    };
  }

  @ParameterizedTest
  @MethodSource("shared")
  void bothSidesHaveTheSameFields(Shared shared) throws IOException {
    assertEquals(DeclaredStruct.in(shared.text(), shared.struct.name()), shared.written());
  }

  /** The reason why names are compared: sizes alone would stay the same. */
  @ParameterizedTest
  @MethodSource("shared")
  void twoSwappedFieldsAreFound(Shared shared) throws IOException {
    String body = DeclaredStruct.body(shared.text(), shared.struct.name());
    List<String> lines = new ArrayList<>(body.lines().toList());
    int swapped = 0;
    for (int i = 1; i < lines.size(); i++) {
      List<String> other = new ArrayList<>(lines);
      other.set(i, lines.get(i - 1));
      other.set(i - 1, lines.get(i));
      DeclaredStruct declared =
          DeclaredStruct.in("struct S {\n" + String.join("\n", other) + "\n};\n", "S");
      assertNotEquals(declared, shared.written());
      swapped += declared.bytes() == shared.struct.bytes() ? 1 : 0;
    }
    assertNotEquals(0, swapped);
  }

  /** What C++ makes of the declarations, beside what this test reads in them. */
  @ParameterizedTest
  @MethodSource("shared")
  void aCompilerPutsThemInTheSamePlaces(Shared shared) throws IOException {
    HostCompiler.require();
    StringBuilder text = new StringBuilder("#include \"common/platform.cuh\"\n");
    text.append("#include \"").append(shared.source).append("\"\n");
    String name = shared.struct.name();
    for (KernelStruct.Field field : shared.struct.fields()) {
      text.append(
          "static_assert(__builtin_offsetof(%s, %s) == %d, \"%2$s\");\n"
              .formatted(name, field.name(), field.offset()));
    }
    text.append(
        "static_assert(sizeof(%s) == %d, \"size\");\n".formatted(name, shared.struct.bytes()));
    Path source = Files.writeString(folder.resolve("places.cpp"), text);
    Compiler.forHost()
        .compile(
            name,
            List.of(
                "-std=c++17",
                "-fsyntax-only",
                "-w",
                "-I" + HOME.resolve("cuda-kernels"),
                "-I" + HOME.resolve("native/sim"),
                source.toString()),
            folder,
            List.of());
  }

  @Test
  void aWriterTakesFieldsInTheirOrderOnly() {
    KernelStruct pair = new KernelStruct("Pair").i32("a", "b");
    assertThrows(IllegalStateException.class, () -> pair.write(1).i32("b", 1));
    assertThrows(IllegalStateException.class, () -> pair.write(1).f32("a", 1));
    assertThrows(IllegalStateException.class, () -> pair.write(1).i32("a", 1).end());
    assertEquals(2, pair.write(1).i32("a", 1).i32("b", 2).end().getInt(4));
  }
}
