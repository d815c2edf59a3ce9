/**
 * Benchmarks that a user can run ({@code klif bench}): time of a neuron sequence and of a training
 * step, each beside what the machine can do at best, measured in the same run. JMH benchmarks of
 * single operations are in src/bench/java.
 */
package org.klif.bench;
