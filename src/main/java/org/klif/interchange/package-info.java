/**
 * Networks of other frameworks: NIR graphs (the Neuromorphic Intermediate Representation, HDF5) and
 * parameters under PyTorch's and SpikingJelly's names (safetensors). See docs/INTERCHANGE.md.
 */
package org.klif.interchange;
