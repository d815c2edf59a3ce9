/** Random numbers that are the same on every Java, one stream per sample and epoch. */
package org.klif.data.random;
