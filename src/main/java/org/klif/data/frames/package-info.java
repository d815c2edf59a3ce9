/**
 * From events to frames: rules of accumulation, filters, random changes of events, and the encoders
 * that make spikes of static images.
 */
package org.klif.data.frames;
