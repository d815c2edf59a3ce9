package org.klif.report;

import java.util.List;
import java.util.stream.Collectors;

/** Which runs are in which group, and what their configurations differ in. */
final class ComparedGroups {
  static void write(ComparedRuns compared, Html html) {
    html.element(
            "p",
            "Runs whose config.yaml differs only in the seed are one group. Where and how fast a run"
                + " was made (data folder, threads, memory) makes no group.")
        .raw("\n<div class=\"scroll\"><table class=\"wide\"><caption>");
    html.text("All options that are not the same in all groups");
    html.raw("</caption>\n<thead><tr><th scope=\"col\">group</th>");
    for (String key : compared.differing()) {
      html.raw("<th scope=\"col\">").text(key).raw("</th>");
    }
    html.raw("<th scope=\"col\">runs</th></tr></thead>\n<tbody>\n");
    for (RunGroup group : compared.groups()) {
      html.raw("<tr><th scope=\"row\">").text(group.name()).raw("</th>");
      for (String key : compared.differing()) {
        String value = group.differing().getOrDefault(key, "");
        html.element("td", value.isEmpty() ? Numbers.NONE : value);
      }
      html.element(
          "td", group.runs().stream().map(ReportedRun::name).collect(Collectors.joining(", ")));
      html.raw("</tr>\n");
    }
    html.raw("</tbody></table></div>\n");
    List<String> bare =
        compared.groups().stream()
            .flatMap(group -> group.runs().stream())
            .filter(run -> run.metrics().isEmpty() || run.metrics().get().epochs() == 0)
            .map(ReportedRun::name)
            .toList();
    if (!bare.isEmpty()) {
      html.missing("Without an epoch in metrics.csv: " + String.join(", ", bare) + ".");
    }
  }

  private ComparedGroups() {}
}
