/**
 * The workbench for a neuron of the user's own (docs/EXTENDING.md): a starting file, checks,
 * figures of speed, and a picture of what one neuron does under a current ({@code klif kernel}).
 */
package org.klif.kernel;
