package org.klif.profile;

/**
 * What an operation cannot do without, by its shape.
 *
 * @param bytes memory traffic: each tensor that is read or written counts once
 * @param flops floating-point operations; a multiply-add is two
 */
record Cost(double bytes, double flops) {
  /** Of what moves nothing worth counting. */
  static final Cost NONE = new Cost(0, 0);

  /** Both together. */
  Cost plus(Cost other) {
    return new Cost(bytes + other.bytes, flops + other.flops);
  }
}
