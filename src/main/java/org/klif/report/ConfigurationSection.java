package org.klif.report;

/** config.yaml as a table; nested keys are joined by dots, as {@code --set} takes them. */
final class ConfigurationSection {
  static void write(ReportedRun run, Html html) {
    if (run.options().isEmpty()) {
      html.missing("config.yaml is missing or empty: the run's options are not known.");
      return;
    }
    html.raw("<div class=\"options\"><table><caption>config.yaml</caption>\n<tbody>\n");
    run.options()
        .forEach(
            (key, value) -> {
              html.raw("<tr><th scope=\"row\">").text(key).raw("</th>").element("td", value);
              html.raw("</tr>\n");
            });
    html.raw("</tbody></table></div>\n");
  }

  private ConfigurationSection() {}
}
