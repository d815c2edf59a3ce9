package org.klif.report;

/** One part of a comparison, written below its heading. */
interface ComparedSection {
  /** Anchor in the page. */
  String id();

  /** Heading. */
  String title();

  /** Writes the content, or a note that says what is missing from the runs. */
  void write(ComparedRuns compared, Html html);
}
