/**
 * From the text of a user's neuron to compiled code: the C++ that is written around it, the headers
 * it includes, running a compiler, its errors as one sentence, and the cache of what was compiled.
 * Devices add their own entries; nothing here knows a device.
 */
@NullMarked
package org.klif.device.compile;

import org.jspecify.annotations.NullMarked;
