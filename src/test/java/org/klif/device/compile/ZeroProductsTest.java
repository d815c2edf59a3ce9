package org.klif.device.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.Surrogate;
import org.klif.neuron.file.NeuronFile;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.testing.CustomExample;

/**
 * What nvcc makes of neurons from files has no product with the constant 0: derivatives that are
 * known to be 0 are left out, which ptxas could not do, as infinity times 0 is no number.
 */
class ZeroProductsTest {
  private static final Pattern INSTRUCTION =
      Pattern.compile("^\\s+(?:@!?%p\\d+\\s+)?(\\w[\\w.]*)\\s+(%\\w+|\\{[^}]*\\}), (.*);$");
  private static final String ZERO = "0f00000000";

  @TempDir private Path work;

  private String ptx(Neuron.Custom neuron) throws IOException {
    Nvcc nvcc = Nvcc.find().orElse(null);
    Assumptions.assumeTrue(nvcc != null, "skipped: nvcc is absent");
    CudaText text = CudaText.of(neuron, false, CudaType.FLOAT32);
    return nvcc.ptx(text, new KernelHeaders(CudaText.HEADER), new CudaFlags(), work);
  }

  /** Products of float32 with 0 or with a register that holds nothing else. */
  private static List<String> zeroProducts(String ptx) {
    List<String> found = new ArrayList<>();
    for (String entry : ptx.split("\\.visible \\.entry ", -1)) {
      Map<String, List<String>> written = new HashMap<>();
      List<Matcher> products = new ArrayList<>();
      for (String line : entry.lines().toList()) {
        Matcher m = INSTRUCTION.matcher(line.replace('\t', ' '));
        if (m.matches()) {
          // several where a vector is loaded
          for (String register : m.group(2).replaceAll("[{} ]", "").split(",", -1)) {
            written.computeIfAbsent(register, r -> new ArrayList<>()).add(m.group(1) + m.group(3));
          }
          if (m.group(1).matches("(mul|fma|mad)\\..*f32")) {
            products.add(m);
          }
        }
      }
      for (Matcher m : products) {
        List<String> factors = List.of(m.group(3).split(", ")).subList(0, 2);
        if (factors.stream()
            .anyMatch(f -> f.equals(ZERO) || List.of("mov.f32" + ZERO).equals(written.get(f)))) {
          found.add(m.group().strip());
        }
      }
    }
    return found;
  }

  @ParameterizedTest
  @ValueSource(strings = {"alif", "cubalif", "eif", "glif"})
  void noneInNeuronsThatComeWithKlif(String name) throws IOException {
    Neuron.Custom neuron =
        Neuron.Custom.of(NeuronFile.shipped(name), Surrogate.of(Surrogate.Kind.ATAN));
    assertEquals(List.of(), zeroProducts(ptx(neuron)));
  }

  /** These multiply by their vReset, which is not to be 0 here. */
  @ParameterizedTest
  @ValueSource(strings = {"klif", "plif"})
  void noneInNeuronsThatAreThereByHandToo(String name) throws IOException {
    Neuron.Custom file = NeuronLibrary.fromFile(NeuronOptions.of(name).neuron());
    Map<String, Double> values = new HashMap<>(file.values());
    values.put("vReset", -0.5);
    Neuron.Custom neuron = new Neuron.Custom(file.common(), file.model(), values, null);
    assertEquals(List.of(), zeroProducts(ptx(neuron)));
  }

  @Test
  void noneWhereDerivativesAreInfinite() throws IOException {
    Neuron.Custom neuron =
        Neuron.Custom.of(CustomExample.sharp(false).model(), Surrogate.of(Surrogate.Kind.ATAN));
    assertEquals(List.of(), zeroProducts(ptx(neuron)));
  }

  @Test
  void aProductThatIsThereIsFound() {
    List<String> found =
        zeroProducts(
            """
            .visible .entry a(
            \tmov.f32 \t%f1, 0f00000000;
            \tmul.rn.f32 \t%f2, %f3, %f1;
            \t@%p1 fma.rn.f32 \t%f2, 0f00000000, %f3, %f4;
            \tfma.rn.f32 \t%f2, %f4, %f3, 0f00000000;
            """);
    assertEquals(2, found.size(), found::toString);
    assertTrue(found.get(1).startsWith("@%p1 fma"), found::toString);
  }
}
