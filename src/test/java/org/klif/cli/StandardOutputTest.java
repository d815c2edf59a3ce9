package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.base.CharMatcher;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.train.Runs;

/** A result that could not be written is no success; too few open files are one sentence. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class StandardOutputTest {
  private static final String FULL = "\"$@\" >/dev/full";
  private static final String CLOSED = "\"$@\" >&-";

  @TempDir Path folder;

  private static void assertUnwritten(KlifProcess process, String reason) {
    assertEquals(1, process.code(), process.output());
    assertEquals("klif: cannot write to standard output: " + reason, process.message());
    assertFalse(process.output().contains("\tat "), process.output());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--version",
        "--help",
        "devices",
        "data list",
        "kernel list --json",
        "train --help"
      })
  void whatAFullDiskSwallowsIsNoSuccess(String words) throws Exception {
    assertUnwritten(KlifProcess.bash(FULL, words.split(" ")), "No space left on device");
  }

  @Test
  void nothingToWriteToIsNoSuccess() throws Exception {
    assertUnwritten(KlifProcess.bash(CLOSED, "--version"), "Bad file descriptor");
  }

  @Test
  void trainingAndEvaluationOnAFullDisk() throws Exception {
    List<String> words = new ArrayList<>(List.of("train", "digits", "--epochs", "1"));
    Runs.SMALL.forEach(setting -> words.addAll(List.of("--set", setting)));
    String run = folder.resolve("run").toString();
    words.addAll(List.of("--out", run, "--json"));
    assertUnwritten(
        KlifProcess.bash(FULL, words.toArray(String[]::new)), "No space left on device");
    assertEquals(0, KlifProcess.run(Map.of(), "eval", run, "--json").code(), "the run is whole");
    assertUnwritten(KlifProcess.bash(FULL, "eval", run, "--json"), "No space left on device");
  }

  @Test
  void anErrorKeepsItsCodeAndItsSentence() throws Exception {
    KlifProcess process = KlifProcess.bash(FULL, "eval", "--json");
    assertEquals(2, process.code(), process.output());
    assertEquals(
        2,
        process.output().lines().filter(line -> line.startsWith("klif: ")).count(),
        process.output());
  }

  @Test
  void aNameThatTheLocaleHasNoLettersForIsOneSentence() throws Exception {
    assumeTrue(
        CharMatcher.ascii().matchesAllOf(System.getProperty("java.class.path")),
        "skipped: in the locale C no Java finds classes in a folder with such letters");
    KlifProcess process = KlifProcess.bash("LC_ALL=C \"$@\" $'n\\xc3\\xb6'", "eval");
    assertEquals(2, process.code(), process.output());
    assertTrue(process.message().contains("is no name of a file in this locale"));
    assertFalse(process.output().contains("Exception"), process.output());
  }

  @Test
  void tooFewOpenFilesAreOneSentence() throws Exception {
    KlifProcess process =
        KlifProcess.bash("ulimit -n 40; exec \"$@\"", "train", "digits", "--json");
    String message =
        "only 40 files may be open at once here, and Klif needs %d; raise the limit (ulimit -n 1024)"
            .formatted(OpenFiles.NEEDED);
    assertEquals(1, process.code(), process.output());
    assertEquals(
        List.of("klif: " + message, "{\"error\":\"%s\",\"exitCode\":1}".formatted(message)),
        process.output().lines().filter(line -> !line.startsWith("WARNING: Using inc")).toList());
  }

  @Test
  void asManyAsItSaysAreEnough() throws Exception {
    List<String> words = new ArrayList<>(List.of("train", "digits", "--epochs", "1"));
    Runs.SMALL.forEach(setting -> words.addAll(List.of("--set", setting)));
    words.addAll(List.of("--out", folder.resolve("run").toString()));
    KlifProcess process =
        KlifProcess.bash(
            "ulimit -n %d; exec \"$@\"".formatted(OpenFiles.NEEDED), words.toArray(String[]::new));
    assertEquals(0, process.code(), process.output());
    assertTrue(process.output().contains("epoch 1/1"), process.output());
  }
}
