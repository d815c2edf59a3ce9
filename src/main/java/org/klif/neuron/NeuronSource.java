package org.klif.neuron;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The text of a file that a researcher wrote: a neuron or a surrogate (docs/EXTENDING.md).
 *
 * @param name the file's name without .cuh, by which networks and parameters know it
 * @param origin where it came from, as compilers and messages shall name it
 * @param text all of it
 */
public record NeuronSource(String name, String origin, String text) {

  /** SHA-256 of the text, 64 hexadecimal digits. */
  public String sha256() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
