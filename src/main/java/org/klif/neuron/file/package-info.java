/**
 * Neurons from files: what a file declares, where files are found by name or path, and whose text
 * may be compiled and run.
 */
package org.klif.neuron.file;
