package org.klif.sweep;

/**
 * A value for a key of the configuration, and where a file gives it.
 *
 * @param key dotted, as --set takes it
 * @param value text
 * @param place as in sweep.yaml, line 3
 */
record Setting(String key, String value, String place) {}
