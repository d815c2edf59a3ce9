package org.klif.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.KlifException;

class YamlNodeTest {
  @TempDir Path folder;

  private static String refusal(String yaml) {
    String message =
        assertThrows(KlifException.class, () -> YamlNode.read("f.yaml", yaml)).getMessage();
    assertEquals(1, message.lines().count(), message);
    return message;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "data: *none; f.yaml, line 1: *none is an alias, which is not read",
        "seed: 1|data: *d; f.yaml, line 2: *d is an alias",
        "neuron: &n|  k: 1|other: *n; f.yaml, line 3: *n is an alias",
        "neuron: &n {k: 1}|other:|  <<: *n; f.yaml, line 3: *n is an alias",
        "a: [&x 1, *x]; f.yaml, line 1: *x is an alias",
        "seed: !!str 4; f.yaml, line 1: !tag:yaml.org,2002:str is a tag, which is not read",
        "seed: !python/object 4; is a tag, which is not read",
        "T: 4|T: 4; f.yaml, line 2: T is there twice, first in f.yaml, line 1",
        "neuron.k: 2|neuron: {k: 1}; f.yaml, line 2: neuron.k is there twice, first in f.yaml, line 1",
        "neuron:|  k: 1|neuron.k: 2; f.yaml, line 3: neuron.k is there twice, first in f.yaml, line 2",
        "a: {b: {c.d: 1}}|a.b.c: {d: 1}; f.yaml, line 2: a.b.c.d is there twice",
        "list: [{k.a: 1, k: {a: 1}}]; f.yaml, line 1: k.a is there twice",
        "a: 1|---|b: 2; f.yaml holds more than one document",
        "just a text; f.yaml holds no settings",
        "a: [1; f.yaml, line 1"
      })
  void whatSettingsDoNotNeedIsRefusedWithItsLine(String yaml, String expected) {
    String message = refusal(yaml.strip().replace('|', '\n'));
    assertTrue(message.contains(expected.strip()), message);
  }

  /** Nine levels of nine aliases are 387 million values for a reader that follows them. */
  @Test
  void textsThatAreLargerThanTheyLookAreRefused() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
      bomb.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ", ").repeat(9)));
    }
    assertTrue(refusal(bomb.toString()).startsWith("f.yaml, line 2: *a0 is an alias"));
  }

  @Test
  void deepNestingIsRefused() {
    String message = refusal("a: " + "[".repeat(20_000));
    assertEquals("f.yaml, line 1: groups nest more than 32 deep", message);
    assertEquals(message, refusal("a: " + "{b: ".repeat(10_000)));
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      lines.append(" ".repeat(i)).append("k:\n");
    }
    assertTrue(refusal(lines.toString()).contains("groups nest more than 32 deep"));
  }

  /** The library's time for one token grows with the square of its length: 3 MB took 9 s. */
  @Test
  void longLinesAndFilesAreRefusedAheadOfReading() throws IOException {
    for (String yaml :
        new String[] {"data: \"" + "x".repeat(3_000_000), "seed: 1\n# " + "x".repeat(3_000_000)}) {
      String message = refusal(yaml);
      assertTrue(message.endsWith("characters; a line has at most 65536"), message);
    }
    assertEquals(
        "x".repeat(60_000),
        ((YamlNode.Scalar) YamlNode.read("f", "a: " + "x".repeat(60_000)).values().get("a"))
            .text());
    Path file = folder.resolve("big.yaml");
    Files.writeString(file, "a: 1\n".repeat(YamlNode.LARGEST / 4));
    assertTrue(unreadable(file).contains("has more than 1048576 bytes"));
    Files.write(file, new byte[] {'a', ':', ' ', (byte) 0xff, (byte) 0xfe});
    assertTrue(unreadable(file).endsWith("big.yaml: it is not text in UTF-8"));
    assertTrue(unreadable(folder.resolve("none.yaml")).endsWith("no such file or folder"));
  }

  private static String unreadable(Path file) {
    return assertThrows(KlifException.class, () -> YamlNode.text(file)).getMessage();
  }

  @Test
  void plainSettingsAreRead() {
    YamlNode.Fields fields =
        YamlNode.read(
            "f.yaml", "a: 1\nb:\n  c: 'text: *x'\n  d: [1, null, {e: 2}]\nb.f: ~\ng: {}\n");
    assertEquals(
        "{\"a\":\"1\",\"b\":{\"c\":\"text: *x\",\"d\":[\"1\",null,{\"e\":\"2\"}]},\"b.f\":null,\"g\":{}}",
        fields.json().toString());
    assertEquals("f.yaml, line 5", fields.places().get("b.f"));
  }
}
