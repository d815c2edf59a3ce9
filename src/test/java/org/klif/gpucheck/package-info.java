/**
 * The GPU check (scripts/gpu-check, docs/GPU.md): runs tests and benchmarks on a machine with a
 * GPU, step by step, each in a process of its own with a time limit, and writes one record of them.
 * It is no part of the product; the bundle carries it with the test classes.
 */
package org.klif.gpucheck;
