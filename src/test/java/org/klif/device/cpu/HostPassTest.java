package org.klif.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.klif.testing.DeclaredStruct;

/** What Java writes for host_sequence.h is what is declared there, field by field. */
class HostPassTest {
  private static final Path SOURCE =
      Path.of(System.getProperty("klif.home", "."), "native/host/host_sequence.h");

  @Test
  void fieldsAreThoseOfTheStruct() throws IOException {
    DeclaredStruct declared = DeclaredStruct.in(Files.readString(SOURCE), "HostPass");
    List<String> here =
        Arrays.stream(HostPass.Field.values())
            .map(field -> inC(field.name()) + " " + field.offset())
            .toList();
    List<String> there =
        declared.fields().stream().map(field -> field.name() + " " + field.offset()).toList();
    assertEquals(there, here);
  }

  private static String inC(String constant) {
    return Pattern.compile("_(\\w)")
        .matcher(constant.toLowerCase(Locale.ROOT))
        .replaceAll(letter -> letter.group(1).toUpperCase(Locale.ROOT));
  }
}
