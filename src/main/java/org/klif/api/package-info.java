/**
 * Klif as a library: networks of spiking neurons for Java programs. This package is all there is to
 * program against; every other package is internal and may change without notice.
 *
 * <p>{@link org.klif.api.SpikingNetwork} is a network on a device, with its loss and optimizer.
 * {@link org.klif.api.LabelledData} has samples to train and test it with. {@link
 * org.klif.api.Training} does a whole run in a folder, as {@code klif train} does. Names of
 * settings are those of a run's {@code config.yaml}. Arrays are in PyTorch's order: (N, C, H, W)
 * for images, (T, N, C, H, W) for frames.
 *
 * <p>A wrong argument is an {@link java.lang.IllegalArgumentException}; what is found while working
 * (a damaged file, a folder in use, a loss that is no number) is a {@link org.klif.KlifException}.
 * Objects are used by one thread at a time.
 */
package org.klif.api;
