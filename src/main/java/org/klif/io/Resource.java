package org.klif.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Text that comes in the program's jar. */
public final class Resource {
  /**
   * The text of a resource that is there.
   *
   * @param beside the class in whose package it lies
   * @param name relative to that package, or from the root with a / in front
   */
  public static String text(Class<?> beside, String name) {
    try (InputStream in = beside.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not in the program's jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(name + " in the program's jar cannot be read", e);
    }
  }

  private Resource() {}
}
