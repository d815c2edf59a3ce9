package org.klif.device.cuda;

/**
 * How one pass of a convolution is computed.
 *
 * @param channelsLast on the activations as they are; else on copies with channels first
 * @param algorithm cuDNN's number
 * @param math cuDNN's number of the math type: an algorithm may have only one of them
 * @param workspace bytes of scratch memory
 */
record AlgorithmChoice(boolean channelsLast, int algorithm, int math, long workspace) {}
