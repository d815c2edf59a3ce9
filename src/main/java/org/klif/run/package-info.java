/**
 * A run's folder: where its files lie, and {@code metrics.csv} and {@code trace.json}, which the
 * trainer writes and reports read. Nothing here knows how a network is trained.
 */
package org.klif.run;
