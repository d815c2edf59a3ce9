package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files of a trained run, damaged in every way that one thinks of: each command ends with an exit
 * code of its own and one sentence. {@code -Dklif.mutations=3000} tries more of them.
 */
class RunFolderMutationTest {
  private static final int MUTATIONS = Integer.getInteger("klif.mutations", 40);
  private static final long SEED = Long.getLong("klif.mutationSeed", 1);
  private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?([eE]-?\\d+)?");
  private static final Pattern WORD = Pattern.compile("[A-Za-z_]\\w*");
  private static final List<String> VALUES =
      List.of(
          "-1",
          "0",
          "1",
          "3",
          "2147483647",
          "2147483648",
          "-9223372036854775808",
          "99999999999999999999",
          "1e308",
          "1e999",
          "-0.0",
          "0.5",
          "NaN",
          "Infinity",
          "null",
          "true",
          "\"\"",
          "\"text\"",
          "[]",
          "{}",
          "[1, [2]]",
          "{\"a\": 1}",
          "*a",
          "\u0000",
          "\u20ac");

  @TempDir Path folder;

  @Test
  void damagedFilesOfARunAreOneSentence() throws IOException {
    Path whole = train("whole", "2");
    Path stopped = train("stopped", "1");
    List<String> wrong = new ArrayList<>();
    int sound = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      Random random = new Random(SEED * 1_000_003 + i);
      Path run = folder.resolve("m" + i);
      copy(random.nextBoolean() ? whole : stopped, run);
      List<Path> files = files(run);
      Path file = files.get(random.nextInt(files.size()));
      byte[] damaged = damage(file, random);
      Files.write(file, damaged);
      String what = "mutation %d of %s".formatted(i, run.relativize(file));
      sound += check(what, wrong, "eval", run.toString());
      check(what, wrong, "report", run.toString());
      check(what, wrong, "train", "--resume", run.toString());
      delete(run);
    }
    assertEquals(List.of(), wrong);
    assertTrue(sound > 0 && sound < MUTATIONS, "all or none were seen: " + sound);
  }

  private Path train(String name, String epochs) {
    Path run = folder.resolve(name);
    Cli cli =
        Cli.run(
            "train",
            "digits",
            "--out",
            run.toString(),
            "--stop-after",
            epochs,
            "--epochs",
            "2",
            "--T",
            "2",
            "--batch",
            "300",
            "--threads",
            "1",
            "--set",
            "network=fc20 bn sn fc10 sn");
    assertEquals(0, cli.code(), cli.err());
    return run;
  }

  /** Runs a command; returns 1 when it took the files. */
  private static int check(String what, List<String> wrong, String... words) {
    Cli cli = Cli.run(words);
    List<String> said =
        cli.err().lines().filter(line -> !line.startsWith("klif: warning: ")).toList();
    boolean sound =
        cli.code() == 0 || ((cli.code() == 1 || cli.code() == 2) && said.size() == 1 && one(said));
    if (!sound) {
      wrong.add("%s, %s: code %d, %s".formatted(what, words[0], cli.code(), cli.err()));
    }
    return cli.code() == 0 ? 1 : 0;
  }

  private static boolean one(List<String> said) {
    String line = said.get(0);
    return line.startsWith("klif: ") && line.length() > 12 && !line.contains("internal error");
  }

  private static byte[] damage(Path file, Random random) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length == 0) {
      return new byte[] {7};
    }
    return switch (random.nextInt(4)) {
      case 0 -> flipped(bytes, random);
      case 1 -> java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
      default ->
          file.toString().endsWith(".safetensors")
              ? header(bytes, random)
              : text(bytes, random).getBytes(StandardCharsets.ISO_8859_1);
    };
  }

  private static byte[] flipped(byte[] bytes, Random random) {
    for (int n = 1 + random.nextInt(4); n > 0; n--) {
      int at = random.nextInt(random.nextBoolean() ? Math.min(64, bytes.length) : bytes.length);
      bytes[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : bytes[at] ^ 1);
    }
    return bytes;
  }

  private static String text(byte[] bytes, Random random) {
    return text(new String(bytes, StandardCharsets.ISO_8859_1), random);
  }

  private static String text(String text, Random random) {
    List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
    int at = random.nextInt(lines.size());
    switch (random.nextInt(6)) {
      case 0 -> lines.add(at, lines.get(at));
      case 1 -> lines.remove(at);
      case 2 -> lines.add(lines.remove(at));
      case 3 -> {
        return replaced(text, WORD, random);
      }
      default -> {
        return replaced(text, NUMBER, random);
      }
    }
    return String.join("\n", lines);
  }

  private static String replaced(String text, Pattern what, Random random) {
    List<MatchResult> places = what.matcher(text).results().toList();
    if (places.isEmpty()) {
      return text;
    }
    MatchResult place = places.get(random.nextInt(places.size()));
    String value = VALUES.get(random.nextInt(VALUES.size()));
    return text.substring(0, place.start()) + value + text.substring(place.end());
  }

  /** A header of the right length; mostly without the checksum, as files of others are. */
  private static byte[] header(byte[] bytes, Random random) {
    int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    String header = new String(bytes, 8, length, StandardCharsets.ISO_8859_1);
    if (random.nextInt(4) > 0) {
      header = header.replace("klif.sha256", "another.sum");
    }
    String state = header.replace("\\\"", "\u0001");
    byte[] changed =
        text(random.nextBoolean() ? state : header, random)
            .replace("\u0001", "\\\"")
            .getBytes(StandardCharsets.ISO_8859_1);
    return ByteBuffer.allocate(8 + changed.length + bytes.length - 8 - length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(changed.length)
        .put(changed)
        .put(bytes, 8 + length, bytes.length - 8 - length)
        .array();
  }

  private static List<Path> files(Path run) throws IOException {
    try (Stream<Path> all = Files.walk(run)) {
      return all.filter(Files::isRegularFile)
          .filter(file -> !file.toString().endsWith("report.html"))
          .sorted()
          .toList();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path one : all.toList()) {
        Files.copy(one, to.resolve(from.relativize(one).toString()));
      }
    }
  }

  private static void delete(Path run) throws IOException {
    try (Stream<Path> all = Files.walk(run)) {
      for (Path one : all.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(one);
      }
    }
  }
}
