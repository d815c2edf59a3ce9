package org.klif.device;

/** Element types of device memory. bf16 and fp16 join when a device computes with them. */
public enum DType {
  /** IEEE single precision. */
  FLOAT32(4),
  /** Signed 32-bit integer: labels, counters. */
  INT32(4);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
