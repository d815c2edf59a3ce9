package org.klif.device;

import com.google.common.base.Ascii;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.klif.UsageException;

/**
 * In which precision a device multiplies matrices and stores activations. Parameters, their
 * gradients, potentials and statistics are float32 in all of them, and sums are float32 or wider.
 */
public enum Precision {
  /** Everything IEEE single precision. */
  FLOAT32(DType.FLOAT32),
  /** Activations float32; matrix products round their factors to 10 bits of mantissa. */
  TF32(DType.FLOAT32),
  /** Activations bfloat16. */
  BF16(DType.BFLOAT16),
  /** Activations float16, with dynamic loss scaling. */
  FP16(DType.FLOAT16);

  private final DType activationType;

  Precision(DType activationType) {
    this.activationType = activationType;
  }

  /** Type of activations and their gradients. */
  public DType activationType() {
    return activationType;
  }

  /** Name in options and configurations. */
  public String token() {
    return Ascii.toLowerCase(name());
  }

  /** The precision of that name; an unknown one is a {@link UsageException}. */
  public static Precision parse(String name) {
    for (Precision precision : values()) {
      if (precision.token().equals(name)) {
        return precision;
      }
    }
    throw new UsageException(
        "precision '%s' is unknown; known are %s"
            .formatted(
                name,
                Arrays.stream(values()).map(Precision::token).collect(Collectors.joining(", "))));
  }
}
