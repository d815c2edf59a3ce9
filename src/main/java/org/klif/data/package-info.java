/**
 * Data sets: where they live, how they are fetched and checked, their readers, and the loader that
 * turns them into batches in a reproducible order.
 */
package org.klif.data;
