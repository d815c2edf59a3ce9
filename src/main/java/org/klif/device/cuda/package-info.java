/**
 * CUDA: our kernels through the driver API, cuBLAS and cuDNN for matrix work; and the stand-in
 * driver, which runs the same kernels on the CPU.
 *
 * <p>All work of a device goes to one compute stream, in the order given. Operations never wait,
 * except downloads, {@code sum} and {@code firstNonFinite}. Nothing here is public but the
 * providers.
 */
package org.klif.device.cuda;
