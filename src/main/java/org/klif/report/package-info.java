/** Turns a run folder into one self-contained {@code report.html}. */
package org.klif.report;
