/**
 * The files of a run folder that the trainer writes and the report reads: {@code metrics.csv} and
 * {@code trace.json}, and the event files for TensorBoard. Nothing here knows how a network is
 * trained.
 */
package org.klif.run;
