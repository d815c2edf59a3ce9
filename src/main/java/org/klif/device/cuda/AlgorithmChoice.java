package org.klif.device.cuda;

/**
 * How one pass of a convolution is computed.
 *
 * @param channelsLast on the activations as they are; else on copies with channels first
 * @param algorithm cuDNN's number
 * @param workspace bytes of scratch memory
 */
record AlgorithmChoice(boolean channelsLast, int algorithm, long workspace) {}
