/**
 * Where the time of a training step goes: a device that times each of its operations, beside the
 * bytes and floating-point operations that their shapes ask for, and the files that show it.
 */
package org.klif.profile;
