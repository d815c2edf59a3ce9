package org.klif.device.compile;

/** Type of the activations that a CUDA kernel reads and writes; it computes in float32. */
public enum CudaType {
  /** float32. */
  FLOAT32("float", "_f32", 4),
  /** bfloat16. */
  BFLOAT16("bf16", "_bf16", 2),
  /** float16. */
  FLOAT16("f16", "_f16", 2);

  private final String text;
  private final String suffix;
  private final int bytes;

  CudaType(String text, String suffix, int bytes) {
    this.text = text;
    this.suffix = suffix;
    this.bytes = bytes;
  }

  /** Name in C++. */
  String text() {
    return text;
  }

  /** End of the entries' names. */
  public String suffix() {
    return suffix;
  }

  /** Bytes of an element. */
  public int bytes() {
    return bytes;
  }
}
