package org.klif.device;

/**
 * What a device found out about itself while it worked.
 *
 * @param line for people
 * @param failed it is not as it should be
 */
public record DeviceVerdict(String line, boolean failed) {}
