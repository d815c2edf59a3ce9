package org.klif.api;

/**
 * What one training step came to.
 *
 * @param loss of the batch, ahead of the update
 * @param correct samples whose class had the first largest output
 * @param gradientNorm length of the gradient of all parameters, ahead of clipping
 */
public record StepResult(double loss, int correct, double gradientNorm) {}
