package org.klif.profile;

/**
 * A part of the run that comes once an epoch.
 *
 * @param name as in "training", "evaluation", "checkpoint"
 * @param times how often it came
 * @param seconds all of them together
 */
public record SectionProfile(String name, int times, double seconds) {}
