package org.klif.device.compile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.Surrogate;
import org.klif.neuron.file.NeuronFile;
import org.klif.neuron.file.NeuronLibrary;

/**
 * Registers of the neurons that come as files, beside those written by hand: none spills, and the
 * table of docs/KERNELS.md is what ptxas says. With -Dklif.measure=true the table is printed.
 */
class KernelRegistersTest {
  private static final Path HOME = Path.of(System.getProperty("klif.home", "."));
  private static final Pattern BY_HAND =
      Pattern.compile("neuron_klif_\\w+ +(\\w+) +sm_80 +(\\d+) +sm_90 +(\\d+) +sm_100 +(\\d+) .*");

  /** The architectures that Klif's own kernels are examined for. */
  private static final List<String> ARCHITECTURES = List.of("sm_80", "sm_90", "sm_100");

  /** Release of ptxas, on which the numbers depend: 13.0, V13.0.88. */
  private static String release() {
    String version = Nvcc.assembler().orElseThrow().version();
    Matcher release = Pattern.compile("release (.*)").matcher(version);
    return (release.find() ? release.group(1) : version).strip();
  }

  private static Neuron.Custom neuron(String name) {
    return name.equals("klif")
        ? NeuronLibrary.fromFile(NeuronOptions.of(name).neuron())
        : Neuron.Custom.of(NeuronFile.shipped(name), Surrogate.of(Surrogate.Kind.ATAN));
  }

  /** Entry to registers, in the order of {@link #ARCHITECTURES}. */
  private static Map<String, String> derived(
      KernelRegisters registers, String name, List<CudaType> types) {
    Map<String, List<Integer>> all = new TreeMap<>();
    for (CudaType type : types) {
      CudaText text = CudaText.of(neuron(name), false, type);
      for (KernelRegisters.Usage usage : registers.of(text, ARCHITECTURES)) {
        assertEquals(0, usage.spillBytes(), usage::toString);
        assertEquals(0, usage.stackBytes(), usage::toString);
        all.computeIfAbsent(usage.entry(), e -> new ArrayList<>()).add(usage.registers());
      }
    }
    Map<String, String> texts = new TreeMap<>();
    all.forEach(
        (entry, numbers) ->
            texts.put(
                entry, numbers.stream().map(String::valueOf).collect(Collectors.joining(" / "))));
    return texts;
  }

  private static Map<String, String> byHand() throws IOException {
    Map<String, String> all = new TreeMap<>();
    for (String line : Files.readAllLines(HOME.resolve("cuda-kernels/registers.txt"), UTF_8)) {
      Matcher row = BY_HAND.matcher(line);
      if (row.matches()) {
        all.put(row.group(1), "%s / %s / %s".formatted(row.group(2), row.group(3), row.group(4)));
      }
    }
    return all;
  }

  @Test
  void noneSpillsAndTheTableIsUpToDate() throws IOException {
    KernelRegisters registers = KernelRegisters.find().orElse(null);
    Assumptions.assumeTrue(registers != null, "skipped: nvcc or ptxas is absent");
    List<String> table = new ArrayList<>();
    Map<String, String> byHand = byHand();
    derived(registers, "klif", List.of(CudaType.values()))
        .forEach(
            (entry, numbers) -> {
              assertTrue(byHand.containsKey(entry), entry);
              table.add("| %s | %s | %s |".formatted(entry, byHand.get(entry), numbers));
            });
    for (String name : NeuronFile.SHIPPED) {
      CudaText text = CudaText.of(neuron(name), false, CudaType.FLOAT32);
      Map<String, String> all = derived(registers, name, List.of(CudaType.FLOAT32));
      table.add(
          String.format(
              Locale.ROOT,
              "| %s | %d | %d | %d | %s | %s |",
              name,
              neuron(name).model().states().size(),
              neuron(name).model().learned().size(),
              text.lanes(),
              all.get(name + "ForwardVec_f32"),
              all.get(name + "BackwardVec_f32")));
    }
    if (Boolean.getBoolean("klif.measure")) {
      System.out.println("ptxas " + release());
      table.forEach(System.out::println);
      return;
    }
    List<String> page = Files.readAllLines(HOME.resolve("docs/KERNELS.md"), UTF_8);
    boolean sameRelease = page.stream().anyMatch(line -> line.contains("ptxas " + release()));
    Assumptions.assumeTrue(sameRelease, "skipped: the table is of another release of ptxas");
    List<String> missing = table.stream().filter(row -> !page.contains(row)).toList();
    assertEquals(List.of(), missing, "rows of docs/KERNELS.md are stale: -Dklif.measure=true");
  }

  /** What klif kernel bench asks for Klif's own kernels. */
  @Test
  void kernelsByHandAreCountedAsInTheirTable() throws IOException {
    KernelRegisters registers = KernelRegisters.find().orElse(null);
    Assumptions.assumeTrue(registers != null, "skipped: nvcc or ptxas is absent");
    String table = Files.readString(HOME.resolve("cuda-kernels/registers.txt"), UTF_8);
    Assumptions.assumeTrue(
        table.contains(release()), "skipped: registers.txt is of another release");
    String ptx =
        Files.readString(HOME.resolve("src/main/resources/kernels/neuron_if_f32.ptx"), UTF_8);
    for (KernelRegisters.Usage usage : registers.of(ptx, List.of("sm_90"))) {
      Pattern row =
          Pattern.compile(
              "(?m)^neuron_if_f32 +%s +sm_80 +\\d+ +sm_90 +%d "
                  .formatted(usage.entry(), usage.registers()));
      assertTrue(row.matcher(table).find(), usage::toString);
    }
  }
}
