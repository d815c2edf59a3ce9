/**
 * A researcher's workbench for a neuron of their own (docs/EXTENDING.md): a starting file, checks,
 * figures of speed, and a picture of what one neuron does under a current ({@code klif kernel}).
 */
package org.klif.workbench;
