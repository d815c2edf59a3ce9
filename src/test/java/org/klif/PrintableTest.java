package org.klif;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PrintableTest {
  @Test
  void controlCharactersAreShown() {
    assertEquals("a\\nb\\r\\t\\u001b[2J\\u202e", Printable.line("a\nb\r\t\u001b[2J\u202e"));
    assertEquals("a\nb\t\\r", Printable.text("a\nb\t\r"));
    assertEquals("grün 深い 😀", Printable.line("grün 深い 😀"));
  }
}
