package org.klif.report;

import com.fasterxml.jackson.databind.JsonNode;

/** config.yaml as a table; nested keys are joined by dots, as {@code --set} takes them. */
final class ConfigurationSection implements Section {
  @Override
  public String id() {
    return "configuration";
  }

  @Override
  public String title() {
    return "Configuration";
  }

  @Override
  public void write(RunFolder run, Html html) {
    if (run.config().isEmpty()) {
      html.missing("config.yaml is missing or empty: the run's options are not known.");
      return;
    }
    html.raw("<div class=\"options\"><table><caption>config.yaml</caption>\n<tbody>\n");
    write(run.config(), "", html);
    html.raw("</tbody></table></div>\n");
  }

  private static void write(JsonNode node, String path, Html html) {
    if (node.isObject() && (path.isEmpty() || !node.isEmpty())) {
      node.properties()
          .forEach(
              entry ->
                  write(
                      entry.getValue(),
                      path.isEmpty() ? entry.getKey() : path + "." + entry.getKey(),
                      html));
      return;
    }
    String value = node.isValueNode() ? node.asText() : node.toString();
    html.raw("<tr><th scope=\"row\">").text(path).raw("</th>").element("td", value);
    html.raw("</tr>\n");
  }
}
