package org.klif.report;

import java.util.List;
import java.util.function.BiConsumer;

/**
 * One part of a report, written below its heading.
 *
 * @param id anchor in the page
 * @param title heading
 * @param content writes it, or a note that says what is missing from the run folders
 * @param <T> what the report is about
 */
record Section<T>(String id, String title, BiConsumer<T, Html> content) {
  /** Sections about this as the parts of a page. */
  static <T> List<Page.Part> parts(List<Section<T>> sections, T about) {
    return sections.stream()
        .map(s -> new Page.Part(s.id, s.title, html -> s.content.accept(about, html)))
        .toList();
  }
}
