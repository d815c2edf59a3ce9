/**
 * Recordings of event cameras: their file formats and the events in memory. Nothing a header claims
 * is believed before the bytes are there, and what is damaged is refused with the byte's offset.
 */
package org.klif.data.events;
