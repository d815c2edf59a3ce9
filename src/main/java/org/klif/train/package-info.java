/**
 * Training runs: what one is made of ({@link org.klif.config.RunConfig}), the loop over epochs and
 * batches, checkpoints that let a run go on to the bit, and the run folder that holds all of it.
 */
package org.klif.train;
