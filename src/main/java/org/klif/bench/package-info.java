/** Benchmarks of {@code klif bench}: what the program reaches beside what the machine can do. */
package org.klif.bench;
