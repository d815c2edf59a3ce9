package org.klif.gpucheck;

import java.util.function.Supplier;

/**
 * One step of the check.
 *
 * @param name its key in the record
 * @param part which part of the check it belongs to, counted from 1
 * @param limitSeconds after which it is ended
 * @param work runs it
 */
record Step(String name, int part, int limitSeconds, Supplier<Outcome> work) {}
