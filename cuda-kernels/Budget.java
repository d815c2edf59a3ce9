import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What KLIF's sequence kernels cost a multiprocessor of sm_90, counted in the machine code that ptxas makes (make
 * budget). docs/KERNELS.md says how to read it.
 *
 * <p>A turn of a time loop is the cheapest way through the loop that does all of a step's work: the loads, the stores,
 * and one reciprocal a neuron for the surrogate. So optional outputs, H kept and slow ways of a division do not count.
 * A batch norm's sums do, as its loads are among a step's.
 */
final class Budget {
  // H100 SXM
  private static final int MULTIPROCESSORS = 132;
  private static final double ISSUES_A_SECOND = MULTIPROCESSORS * 4 * 1.755e9;
  private static final double BYTES_A_SECOND = 3.0e12;
  private static final int REGISTERS_OF_QUARTER = 16384;
  private static final int SHARED = 228 << 10;

  private static final int STEPS = 4;
  private static final double NEURON_STEPS = 67.1e6;

  /** Other releases of ptxas place a few instructions otherwise. */
  private static final double TOLERANCE = 0.03;

  private static final String HEADER = "kernel\tregisters\twarps\tinstructions\tbytes\tissue_us\tmemory_us";
  private static final Pattern ENTRY = Pattern.compile("klif(Forward|Backward)(Vec|One|Pool)_(f32|bf16|f16)");

  // An opcode's low nine bits; the three above say where its operands are.
  private static final int BRA = 0x147;
  private static final int BRX = 0x149;
  private static final int EXIT = 0x14d;
  private static final int RET = 0x150;
  private static final int LDG = 0x181;
  private static final int LDS = 0x184;
  private static final int STG = 0x186;
  private static final int STS = 0x188;
  private static final int MUFU = 0x108;
  private static final int RECIPROCAL = 4;

  private static final Map<Integer, String> NAMES = new HashMap<>();

  static {
    String names =
        "002 MOV 004 R2P 005 CS2R 007 SEL 008 FSEL 009 FMNMX 00a FSET 00b FSETP 00c ISETP 010 IADD3 011 LEA 012 LOP3"
            + " 013 IABS 016 PRMT 017 IMNMX 019 SHF 01c PLOP3 020 FMUL 021 FADD 023 FFMA 024 IMAD 025 IMAD.WIDE"
            + " 027 IMAD.HI 030 HADD2 035 HFMA2 036 VIADD 03e F2FP 048 VIMNMX 082 UMOV 087 USEL 08c UISETP 090 UIADD3"
            + " 091 ULEA 092 ULOP3 099 USHF 0a4 UIMAD 0a5 UIMAD.WIDE 0b9 ULDC 102 FCHK 105 F2I 106 I2F 108 MUFU"
            + " 118 NOP 119 S2R 11d BAR 141 BSYNC 144 CALL 145 BSSY 147 BRA 148 WARPSYNC 149 BRX 14d EXIT 150 RET"
            + " 181 LDG 182 LDC 184 LDS 186 STG 188 STS 1c2 R2UR 1c3 S2UR";
    String[] words = names.split(" ");
    for (int i = 0; i < words.length; i += 2) {
      NAMES.put(Integer.parseInt(words[i], 16), words[i + 1]);
    }
  }

  /**
   * One of 128 bits.
   *
   * @param targets where it may go, as numbers of instructions, but for the next one
   * @param ends whether it never goes on with the next one
   */
  private record Instruction(int opcode, boolean reciprocal, int[] targets, boolean ends) {
    String name() {
      return NAMES.getOrDefault(opcode, "op%03x".formatted(opcode));
    }
  }

  /** Instructions first..last, the last of which goes back to the first. */
  private record Loop(int first, int last) {
    boolean around(Loop other) {
      return this != other && first <= other.first && other.last <= last;
    }
  }

  /** What a way through a loop has to do; fewer or equal of each. */
  private record Work(int stores, int shared, int reciprocals) {}

  private record Row(String kernel, int registers, int warps, double instructions, double bytes) {
    double issue() {
      return instructions * NEURON_STEPS / 32 / ISSUES_A_SECOND * 1e6;
    }

    double memory() {
      return bytes * NEURON_STEPS / BYTES_A_SECOND * 1e6;
    }

    String text() {
      return String.format(
          Locale.ROOT,
          "%s\t%d\t%d\t%.2f\t%.2f\t%.0f\t%.0f",
          kernel, registers, warps, instructions, bytes, issue(), memory());
    }

    /** Whether the numbers of a line are these. */
    boolean agrees(String line) {
      String[] mine = text().split("\t");
      String[] theirs = line.split("\t");
      boolean same = theirs.length == mine.length && theirs[0].equals(mine[0]);
      for (int i = 1; same && i < mine.length; i++) {
        double a = Double.parseDouble(mine[i]);
        double b = Double.parseDouble(theirs[i]);
        same = Math.abs(a - b) <= TOLERANCE * Math.abs(b);
      }
      return same;
    }
  }

  /** The layout of an entry: lanes.cuh and NeuronLayout.java. */
  private record Kernel(String name, boolean forward, String layout, int elementBytes) {
    static Kernel of(String name) {
      Matcher m = ENTRY.matcher(name);
      return m.matches()
          ? new Kernel(name, m.group(1).equals("Forward"), m.group(2), m.group(3).equals("f32") ? 4 : 2)
          : null;
    }

    int lanes() {
      return layout.equals("Vec") ? 16 / elementBytes : layout.equals("Pool") ? 4 : 1;
    }

    int threads() {
      return Math.min(256, 512 / lanes());
    }

    /** Loads or stores of x that a turn has. */
    int moves() {
      return layout.equals("Pool") ? 4 : 1;
    }

    /** Loads or stores of H in shared memory, 16 bytes each. */
    int slots() {
      return Math.max(1, lanes() / 4);
    }

    /** x and spikes; backward x, gS and gx. What a cache serves a second time does not count. */
    double bytes() {
      double outputs = layout.equals("Pool") ? 0.25 : 1;
      return elementBytes * (outputs + (forward ? 1 : 2));
    }

    /** Warps that a multiprocessor holds: by registers, which a quarter has for its own, and by shared memory. */
    int warps(int registers) {
      int ofWarp = (registers + 7) / 8 * 8 * 32;
      int ofBlock = threads() / 32;
      int shared = threads() * 4 * (forward ? 1 : lanes() * STEPS) + 1024;
      int blocks = Math.min(Math.min(4 * (REGISTERS_OF_QUARTER / ofWarp) / ofBlock, 64 / ofBlock), SHARED / shared);
      return Math.min(blocks, 32) * ofBlock;
    }
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    String ptxas = arguments[0];
    Path table = Path.of(arguments[1]);
    String what = arguments[arguments.length - 1];
    Map<String, Integer> registers = new TreeMap<>();
    Map<String, ByteBuffer> elfs = new HashMap<>();
    for (String ptx : List.of(arguments).subList(2, arguments.length - 1)) {
      Path cubin = Files.createTempFile("budget", ".cubin");
      try {
        Map<String, Integer> used = assemble(ptxas, ptx, cubin);
        ByteBuffer elf = ByteBuffer.wrap(Files.readAllBytes(cubin)).order(ByteOrder.LITTLE_ENDIAN);
        registers.putAll(used);
        used.keySet().forEach(entry -> elfs.put(entry, elf));
      } finally {
        Files.delete(cubin);
      }
    }
    List<String> lines = new ArrayList<>(List.of(HEADER));
    List<String> known = Files.exists(table) ? Files.readAllLines(table) : List.of();
    boolean agrees = true;
    for (String entry : registers.keySet()) {
      Kernel kernel = Kernel.of(entry);
      if (kernel == null) {
        continue;
      }
      List<Instruction> code = code(elfs.get(entry), entry);
      List<List<Integer>> turns = turns(kernel, code);
      if (what.equals(entry)) {
        print(kernel, code, turns);
      }
      double instructions = turns.stream().mapToInt(List::size).sum() / (double) kernel.lanes();
      int used = registers.get(entry);
      Row row = new Row(entry, used, kernel.warps(used), instructions, kernel.bytes());
      boolean same = known.stream().anyMatch(row::agrees);
      agrees &= same;
      lines.add(row.text() + (same || what.equals("accept") ? "" : "\tdiffers from budget.tsv"));
    }
    if (what.equals("accept")) {
      Files.write(table, lines);
    }
    if (what.equals("compare") || what.equals("accept")) {
      lines.forEach(System.out::println);
      if (what.equals("compare") && !(agrees && known.size() == lines.size())) {
        System.err.println("FAILED: budget.tsv differs by more than 3 %: make budget-accept, if that is meant");
        System.exit(1);
      }
    }
  }

  /** Writes the machine code of a module; registers of its entries. */
  private static Map<String, Integer> assemble(String ptxas, String ptx, Path cubin)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(ptxas, "-v", "-arch=sm_90", "-o", cubin.toString(), ptx)
            .redirectErrorStream(true)
            .start();
    String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(log);
    }
    Matcher m = Pattern.compile("Compiling entry function '(\\w+)'|Used (\\d+) registers").matcher(log);
    Map<String, Integer> registers = new HashMap<>();
    String entry = "";
    while (m.find()) {
      if (m.group(1) != null) {
        entry = m.group(1);
      } else {
        registers.put(entry, Integer.parseInt(m.group(2)));
      }
    }
    return registers;
  }

  /** A section of an ELF file, or an empty one. */
  private static ByteBuffer section(ByteBuffer elf, String name) {
    int headers = (int) elf.getLong(40);
    int names = (int) elf.getLong(headers + 64 * elf.getShort(62) + 24);
    for (int i = 0; i < elf.getShort(60); i++) {
      int header = headers + 64 * i;
      int end = names + elf.getInt(header);
      StringBuilder text = new StringBuilder();
      while (elf.get(end) != 0) {
        text.append((char) elf.get(end++));
      }
      if (text.toString().equals(name)) {
        return elf.slice((int) elf.getLong(header + 24), (int) elf.getLong(header + 32)).order(ByteOrder.LITTLE_ENDIAN);
      }
    }
    return ByteBuffer.allocate(0);
  }

  private static List<Instruction> code(ByteBuffer elf, String entry) {
    ByteBuffer text = section(elf, ".text." + entry);
    // a switch takes its targets from a table of constants; which part of it is not known here
    ByteBuffer table = section(elf, ".nv.constant2." + entry);
    int[] cases = new int[table.limit() / 4];
    for (int i = 0; i < cases.length; i++) {
      cases[i] = table.getInt(4 * i) / 16;
    }
    List<Instruction> all = new ArrayList<>();
    for (int at = 0; at < text.limit(); at += 16) {
      long low = text.getLong(at);
      long high = text.getLong(at + 8);
      int opcode = (int) low & 0x1ff;
      boolean always = (low >> 12 & 15) == 7 && (high >> 23 & 15) == 7 && opcode != 0x144;
      int[] targets = {};
      if (opcode == BRA) {
        // words from the next instruction: eight bits, and 48 with a sign above them
        long above = (low >>> 34 | high << 30) << 16 >> 16;
        targets = new int[] {(int) (at + 16 + 4 * (above << 8 | low >>> 16 & 0xff)) / 16};
        // under a uniform predicate the opcode has a bit more
        always &= (low & 0xfff) == 0x947;
      } else if (opcode == BRX) {
        targets = cases;
      }
      boolean ends = always && (opcode == BRA || opcode == EXIT || opcode == RET) || opcode == BRX;
      all.add(new Instruction(opcode, opcode == MUFU && (high >> 10 & 15) == RECIPROCAL, targets, ends));
    }
    return all;
  }

  /** The innermost loops. */
  private static List<Loop> loops(List<Instruction> code) {
    List<Loop> all = new ArrayList<>();
    for (int i = 0; i < code.size(); i++) {
      for (int target : code.get(i).targets()) {
        if (target < i && code.get(i).opcode() == BRA && !code.get(i).ends()) {
          all.add(new Loop(target, i));
        }
      }
    }
    return all.stream().filter(loop -> all.stream().noneMatch(loop::around)).toList();
  }

  /** The instructions of a turn: of the one loop forward, of the two loops over a chunk's steps backward. */
  private static List<List<Integer>> turns(Kernel k, List<Instruction> code) {
    List<List<Integer>> turns = new ArrayList<>();
    if (k.forward()) {
      turns.add(cheapest(k, code, new Work(k.layout().equals("Pool") ? 1 : k.moves(), 0, 0), true));
    } else {
      turns.add(cheapest(k, code, new Work(0, k.slots(), 0), false));
      turns.add(cheapest(k, code, new Work(k.moves(), k.slots(), k.lanes()), true));
    }
    return turns;
  }

  /**
   * The cheapest turn of all loops that can do the work.
   *
   * @param writes whether the loop stores to memory at all; the replay that keeps H does not
   */
  private static List<Integer> cheapest(Kernel k, List<Instruction> code, Work work, boolean writes) {
    List<Integer> best = List.of();
    for (Loop loop : loops(code)) {
      List<Instruction> body = code.subList(loop.first(), loop.last() + 1);
      int mostLoads = count(body, LDG);
      if (mostLoads >= k.moves() && count(body, STG) > 0 == writes) {
        List<Integer> way = way(code, loop, work);
        if (!way.isEmpty() && (best.isEmpty() || way.size() < best.size())) {
          best = way;
        }
      }
    }
    if (best.isEmpty()) {
      throw new IllegalStateException(k.name() + " has no loop with " + work);
    }
    return best;
  }

  private static int count(List<Instruction> body, int opcode) {
    return (int) body.stream().filter(i -> i.opcode() == opcode).count();
  }

  /** A way through a loop, from its end. */
  private record Way(int at, Way before, int length) {}

  /** Loads and work done so far; no more than is asked for. */
  private record Done(int loads, int stores, int shared, int reciprocals) {
    Done with(Instruction next, Work work) {
      int op = next.opcode();
      return new Done(
          loads + (op == LDG ? 1 : 0),
          Math.min(work.stores(), stores + (op == STG ? 1 : 0)),
          Math.min(work.shared(), shared + (op == LDS || op == STS ? 1 : 0)),
          Math.min(work.reciprocals(), reciprocals + (next.reciprocal() ? 1 : 0)));
    }

    boolean all(Work work) {
      return new Work(stores, shared, reciprocals).equals(work);
    }
  }

  /** The shortest way through a loop among those that do the work with the most loads; empty where there is none. */
  private static List<Integer> way(List<Instruction> code, Loop loop, Work work) {
    // the shortest way to the place before an instruction, for each amount of work done
    Map<Integer, Map<Done, Way>> reached = new HashMap<>();
    reached.put(loop.first(), Map.of(new Done(0, 0, 0, 0), new Way(-1, null, 0)));
    Map<Done, Way> whole = new HashMap<>();
    for (int at = loop.first(); at <= loop.last(); at++) {
      Instruction here = code.get(at);
      for (Map.Entry<Done, Way> entry : reached.getOrDefault(at, Map.of()).entrySet()) {
        Done done = entry.getKey().with(here, work);
        Way way = new Way(at, entry.getValue(), entry.getValue().length() + 1);
        if (at == loop.last()) {
          whole.put(done, way);
          continue;
        }
        if (!here.ends()) {
          keep(reached, at + 1, done, way);
        }
        for (int target : here.targets()) {
          if (target > at && target <= loop.last()) {
            keep(reached, target, done, way);
          }
        }
      }
    }
    int mostLoads =
        whole.keySet().stream().filter(d -> d.all(work)).mapToInt(Done::loads).max().orElse(0);
    List<Integer> best = new ArrayList<>();
    for (Way w = whole.get(new Done(mostLoads, work.stores(), work.shared(), work.reciprocals()));
        w != null && w.at() >= 0;
        w = w.before()) {
      best.add(w.at());
    }
    Collections.reverse(best);
    return best;
  }

  private static void keep(Map<Integer, Map<Done, Way>> reached, int at, Done done, Way way) {
    reached
        .computeIfAbsent(at, place -> new HashMap<>())
        .merge(done, way, (a, b) -> a.length() <= b.length() ? a : b);
  }

  /** How often each kind of instruction is in a turn, the most frequent first. */
  private static void print(Kernel kernel, List<Instruction> code, List<List<Integer>> turns) {
    for (List<Integer> turn : turns) {
      System.out.printf(
          Locale.ROOT,
          "%s: %d instructions between %d and %d, for %d neurons%n",
          kernel.name(), turn.size(), turn.get(0), turn.get(turn.size() - 1), kernel.lanes());
      Map<String, Integer> kinds = new TreeMap<>();
      turn.forEach(at -> kinds.merge(code.get(at).name(), 1, Integer::sum));
      kinds.entrySet().stream()
          .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
          .forEach(
              kind ->
                  System.out.printf(
                      Locale.ROOT,
                      "%6d  %6.2f  %s%n",
                      kind.getValue(), kind.getValue() / (double) kernel.lanes(), kind.getKey()));
    }
  }
}
