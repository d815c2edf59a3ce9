/** Optimizers over a network's flat buffers, and learning-rate schedules. */
package org.klif.optim;
