/**
 * Convolution and matrix product on the CPU through oneDNN, and the native memory they work on.
 *
 * <p>Everything here takes addresses of memory that the caller owns and never copies activations.
 * {@link org.klif.device.cpu.dnnl.OneDnn} owns the engine and all primitives.
 */
package org.klif.device.cpu.dnnl;
