package org.klif.nn;

import org.klif.device.Buffer;
import org.klif.tensor.ActivationShape;

/**
 * An activation of a plan.
 *
 * @param name the layer that writes it, or {@code input}
 * @param shape its shape; channels last in memory
 */
public record NamedActivation(String name, ActivationShape shape, Buffer buffer) {}
