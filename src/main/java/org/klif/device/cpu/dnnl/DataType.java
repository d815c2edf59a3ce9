package org.klif.device.cpu.dnnl;

import org.bytedeco.dnnl.global.dnnl;

/** Element type of a tensor in native memory. */
public enum DataType {
  /** IEEE single precision. */
  FLOAT32(dnnl.dnnl_f32, Float.BYTES),
  /** The upper half of a float32. */
  BFLOAT16(dnnl.dnnl_bf16, Short.BYTES);

  private final int code;
  private final int bytes;

  DataType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** The dnnl_data_type_t value. */
  int code() {
    return code;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
