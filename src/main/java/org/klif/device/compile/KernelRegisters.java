package org.klif.device.compile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.klif.KlifException;
import org.klif.io.AtomicFile;

/**
 * What kernels need of a multiprocessor, by ptxas: registers, stack and spills. They do not depend
 * on T: a longer sequence has more chunks of the same length in shared memory, and the same code.
 */
public final class KernelRegisters {
  private static final Pattern ENTRY = Pattern.compile("Compiling entry function '(\\w+)'");
  private static final Pattern FRAME =
      Pattern.compile(
          "(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
  private static final Pattern USED = Pattern.compile("Used (\\d+) registers");

  private final CudaCompiler compiler;
  private final Compiler assembler;

  private KernelRegisters(CudaCompiler compiler, Compiler assembler) {
    this.compiler = compiler;
    this.assembler = assembler;
  }

  /**
   * What one kernel needs.
   *
   * @param entry its name
   * @param architecture as sm_90
   * @param registers of a thread
   * @param stackBytes of a thread
   * @param spillBytes of a thread, stored and loaded; 0 for a kernel that keeps all in registers
   */
  public record Usage(
      String entry, String architecture, int registers, int stackBytes, int spillBytes) {}

  /** Empty where nvcc or ptxas is absent. */
  public static Optional<KernelRegisters> find() {
    Optional<Compiler> assembler = Nvcc.assembler();
    return assembler.isEmpty()
        ? Optional.empty()
        : Nvcc.find().map(nvcc -> new KernelRegisters(nvcc, assembler.get()));
  }

  /**
   * Compiles a user's neuron and counts.
   *
   * @throws KlifException with the user's file and line when the text does not compile
   */
  public List<Usage> of(CudaText text, List<String> architectures) {
    return inFolder(
        work ->
            count(
                compiler.ptx(text, new KernelHeaders(CudaText.HEADER), new CudaFlags(), work),
                architectures,
                work));
  }

  /** Counts for PTX, as that of Klif's own kernels. */
  public List<Usage> of(String ptx, List<String> architectures) {
    return inFolder(work -> count(ptx, architectures, work));
  }

  private interface Counting {
    List<Usage> in(Path work) throws IOException;
  }

  private static List<Usage> inFolder(Counting counting) {
    Path work = null;
    try {
      work = Files.createTempDirectory("klif-registers-");
      return counting.in(work);
    } catch (IOException e) {
      throw new KlifException("cannot count registers: " + e.getMessage(), e);
    } finally {
      if (work != null) {
        KernelCache.remove(work);
      }
    }
  }

  private List<Usage> count(String ptx, List<String> architectures, Path work) throws IOException {
    Path file = work.resolve("counted.ptx");
    AtomicFile.write(file, ptx);
    List<Usage> all = new ArrayList<>();
    for (String architecture : architectures) {
      List<String> arguments =
          List.of("-v", "-arch=" + architecture, "-o", "/dev/null", file.toString());
      String output = assembler.compile("counting registers", arguments, work, List.of());
      read(output, architecture, all);
    }
    return all;
  }

  private static void read(String output, String architecture, List<Usage> to) {
    String entry = "";
    int stack = 0;
    int spills = 0;
    for (String line : output.lines().toList()) {
      Matcher compiling = ENTRY.matcher(line);
      Matcher frame = FRAME.matcher(line);
      Matcher used = USED.matcher(line);
      if (compiling.find()) {
        entry = compiling.group(1);
      } else if (frame.find()) {
        stack = Integer.parseInt(frame.group(1));
        spills = Integer.parseInt(frame.group(2)) + Integer.parseInt(frame.group(3));
      } else if (used.find() && !entry.isEmpty()) {
        to.add(new Usage(entry, architecture, Integer.parseInt(used.group(1)), stack, spills));
        entry = "";
      }
    }
  }
}
