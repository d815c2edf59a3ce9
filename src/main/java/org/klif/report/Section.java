package org.klif.report;

/** One part of the report, written below its heading. */
interface Section {
  /** Anchor in the page. */
  String id();

  /** Heading. */
  String title();

  /** Writes the content, or a note that says what is missing from the run folder. */
  void write(ReportedRun run, Html html);
}
