/**
 * Frames made once and kept: packed files that are built in parallel, written atomically, checked
 * when read and mapped into memory.
 */
package org.klif.data.cache;
