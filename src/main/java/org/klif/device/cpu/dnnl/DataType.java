package org.klif.device.cpu.dnnl;

import org.bytedeco.dnnl.global.dnnl;

/** Element type of a tensor in native memory. */
enum DataType {
  FLOAT32(dnnl.dnnl_f32, Float.BYTES);

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

  int bytes() {
    return bytes;
  }
}
