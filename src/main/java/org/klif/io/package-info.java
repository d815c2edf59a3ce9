/**
 * Files and their formats: written whole or not at all and through no link, private where what they
 * hold is run; YAML, CSV, safetensors and TensorBoard's events.
 */
package org.klif.io;
