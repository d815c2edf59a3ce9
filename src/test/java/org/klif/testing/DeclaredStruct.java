package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A struct as a source of the kernels declares it, laid out by C's rule: each field is aligned to
 * its size.
 *
 * @param fields in order
 * @param bytes its size, a multiple of its largest field's
 */
public record DeclaredStruct(List<Field> fields, int bytes) {
  private static final Pattern FIELD =
      Pattern.compile("\\s*(?:const )?(\\w+(?: \\w+)*?) ?(\\*?) ?(\\w+);\\s*(?://.*)?");

  /**
   * A field.
   *
   * @param type as declared, "pointer" for any pointer
   * @param offset bytes from the struct's start
   */
  public record Field(String name, String type, int offset) {}

  /** Copies the list. */
  public DeclaredStruct {
    fields = List.copyOf(fields);
  }

  /** The struct of that name in a source's text. */
  public static DeclaredStruct in(String text, String name) {
    List<Field> fields = new ArrayList<>();
    int end = 0;
    int largest = 1;
    for (String line : body(text, name).lines().filter(line -> !line.isBlank()).toList()) {
      Matcher field = FIELD.matcher(line);
      assertTrue(field.matches(), "no field in struct " + name + ": " + line);
      String type = field.group(2).isEmpty() ? field.group(1) : "pointer";
      int size = size(type);
      int offset = (end + size - 1) / size * size;
      fields.add(new Field(field.group(3), type, offset));
      end = offset + size;
      largest = Math.max(largest, size);
    }
    return new DeclaredStruct(fields, (end + largest - 1) / largest * largest);
  }

  /** The lines between the braces. */
  public static String body(String text, String name) {
    Matcher struct = Pattern.compile("(?ms)^struct " + name + " \\{\\n(.*?)^\\};").matcher(text);
    assertTrue(struct.find(), "no struct " + name);
    return struct.group(1);
  }

  private static int size(String type) {
    return switch (type) {
      case "int", "float" -> 4;
      case "long long", "double", "Long", "pointer" -> 8;
      default -> throw new AssertionError("a field of type " + type + " is in no shared struct");
    };
  }
}
