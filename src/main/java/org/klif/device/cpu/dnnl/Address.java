package org.klif.device.cpu.dnnl;

import org.bytedeco.javacpp.Pointer;

/** A native address as JavaCPP takes it; one object is used again and again. */
final class Address extends Pointer {
  Address to(long value) {
    address = value;
    return this;
  }
}
