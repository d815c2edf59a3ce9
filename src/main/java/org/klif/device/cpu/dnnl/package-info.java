/**
 * Convolution and matrix product on the CPU through oneDNN, and the native memory they work on.
 *
 * <p>Everything here takes addresses of memory that the caller owns and never copies activations.
 * {@link org.klif.device.cpu.dnnl.OneDnn} owns the engine and all primitives.
 *
 * <h2>Why channels-last</h2>
 *
 * <p>oneDNN 3.11 on two cores of a Zen 5 (AVX-512, 545 GFLOP/s at the most), float32, 3x3 kernels,
 * median milliseconds of forward / data gradient / weight gradient:
 *
 * <table>
 * <caption>Order of the activations</caption>
 * <tr><th>convolution</th><th>channels-last</th><th>oneDNN's own choice (blocks of 16)</th></tr>
 * <tr><td>128 images 14x14, 128 to 128</td><td>13.9 / 13.8 / 15.6</td><td>15.2 / 15.0 / 15.2</td></tr>
 * <tr><td>512 images 14x14, 32 to 64</td><td>7.6 / 8.5 / 10.2</td><td>8.0 / 9.3 / 7.9</td></tr>
 * <tr><td>512 images 14x14, 32 to 32</td><td>5.1 / 5.0 / 4.8</td><td>4.0 / 4.2 / 3.9</td></tr>
 * </table>
 *
 * <p>Blocks win on few channels by less than the reorders and the padding of odd channel counts
 * cost elsewhere, so activations are channels-last everywhere.
 *
 * <h2>OpenMP</h2>
 *
 * <p>oneDNN's threads come from the libgomp that its jar brings. By default they spin for
 * milliseconds after each call and take the cores from Java's workers; with {@code
 * OMP_WAIT_POLICY=passive} each call first wakes sleeping threads, 20 to 45 microseconds. {@code
 * GOMP_SPINCOUNT=500}, a few microseconds, avoids both. With ten times that a step of {@code
 * digits} took 3.7 to 4.5 instead of 2.6 to 3.6 ms: Klif's own threads wait awake, too, and came
 * late to their cores. libgomp reads the variable when it is loaded, so it has to be in the
 * environment of the JVM.
 */
package org.klif.device.cpu.dnnl;
