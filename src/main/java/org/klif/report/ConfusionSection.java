package org.klif.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.klif.chart.Canvas;
import org.klif.chart.Drawing;
import org.klif.chart.Ink;
import org.klif.chart.Xml;
import org.klif.run.RunTrace;

/** Test samples by true and predicted class: a table, or a picture where classes are many. */
final class ConfusionSection {
  private static final int MAX_TABLE = 20;
  private static final int MOST_FREQUENT = 8;

  private record Mistake(int label, int prediction, int count) {}

  static void write(ReportedRun run, Html html) {
    if (run.trace().isEmpty()) {
      html.missing("trace.json is missing: there is no confusion matrix.");
      return;
    }
    RunTrace trace = run.trace().get();
    if (trace.confusion().isEmpty()) {
      html.missing("trace.json has no confusion matrix.");
      return;
    }
    html.raw("<div class=\"confusion\">\n");
    if (trace.confusion().size() <= MAX_TABLE) {
      writeTable(trace, html);
    } else {
      writePicture(trace, html);
    }
    writeMistakes(trace, html);
    html.raw("</div>\n");
  }

  private static void writeTable(RunTrace trace, Html html) {
    List<List<Integer>> confusion = trace.confusion();
    html.raw("<table class=\"heat\"><caption>Rows: true class. Columns: predicted class.");
    html.raw("</caption>\n<thead><tr><td></td>");
    for (int c = 0; c < confusion.size(); c++) {
      classHeading("col", trace.className(c), html);
    }
    html.raw("<th scope=\"col\" class=\"recall\">right</th></tr></thead>\n<tbody>\n");
    for (int r = 0; r < confusion.size(); r++) {
      html.raw("<tr>");
      classHeading("row", trace.className(r), html);
      int total = total(confusion.get(r));
      for (int c = 0; c < confusion.size(); c++) {
        int count = confusion.get(r).get(c);
        double strength = strength(r == c, count, total);
        String ink = strength > 0.6 ? ";color:#fff" : "";
        html.raw("<td style=\"background:" + shade(r == c, strength) + ink + "\">");
        html.raw(count == 0 ? "" : Integer.toString(count)).raw("</td>");
      }
      double right = total == 0 ? Double.NaN : (double) confusion.get(r).get(r) / total;
      html.element("td", "recall", Numbers.percent(right, 1)).raw("</tr>\n");
    }
    html.raw("</tbody></table>\n");
  }

  /** A long name is cut off in the table and whole in its title. */
  private static void classHeading(String scope, String name, Html html) {
    html.raw("<th scope=\"" + scope + "\" title=\"" + Xml.escape(name) + "\">");
    html.text(name).raw("</th>");
  }

  private static void writePicture(RunTrace trace, Html html) {
    List<List<Integer>> confusion = trace.confusion();
    int n = confusion.size();
    html.raw("<figure><figcaption>Rows: true class. Columns: predicted class.</figcaption>\n");
    String description = "Confusion matrix of " + n + " classes";
    html.raw(new Drawing(n, n, description, canvas -> draw(confusion, canvas)).inline());
    html.raw("</figure>\n");
  }

  private static void draw(List<List<Integer>> confusion, Canvas canvas) {
    int n = confusion.size();
    canvas.line(new double[] {0, n, n, 0, 0}, new double[] {0, 0, n, n, 0}, Ink.GRID, 0.1);
    for (int r = 0; r < n; r++) {
      int total = total(confusion.get(r));
      for (int c = 0; c < n; c++) {
        int count = confusion.get(r).get(c);
        if (count > 0) {
          String shade = shade(r == c, strength(r == c, count, total));
          canvas.rectangle(c, r, 1, 1, new Ink(0x3B7DD8, shade));
        }
      }
    }
  }

  private static void writeMistakes(RunTrace trace, Html html) {
    List<Mistake> mistakes = new ArrayList<>();
    int right = 0;
    int all = 0;
    for (int r = 0; r < trace.confusion().size(); r++) {
      for (int c = 0; c < trace.confusion().size(); c++) {
        int count = trace.confusion().get(r).get(c);
        all += count;
        if (r == c) {
          right += count;
        } else if (count > 0) {
          mistakes.add(new Mistake(r, c, count));
        }
      }
    }
    html.raw("<div class=\"prose\"><p>");
    html.text(Numbers.whole(right) + " of " + Numbers.whole(all) + " test samples right, ");
    html.text(Numbers.whole((double) all - right) + " wrong.").raw("</p>\n");
    if (!mistakes.isEmpty()) {
      mistakes.sort(Comparator.comparingInt(Mistake::count).reversed());
      html.raw("<table><caption>Most frequent confusions</caption>\n<thead><tr>");
      html.raw("<th scope=\"col\">true class</th><th scope=\"col\">taken for</th>");
      html.raw("<th scope=\"col\" class=\"number\">samples</th></tr></thead>\n<tbody>\n");
      for (Mistake m : mistakes.subList(0, Math.min(MOST_FREQUENT, mistakes.size()))) {
        html.raw("<tr>").element("td", trace.className(m.label));
        html.element("td", trace.className(m.prediction));
        html.element("td", "number", Integer.toString(m.count)).raw("</tr>\n");
      }
      html.raw("</tbody></table>");
    }
    html.raw("</div>\n");
  }

  private static int total(List<Integer> row) {
    return row.stream().mapToInt(Integer::intValue).sum();
  }

  /** 0 to 1: the share of the class; mistakes are rare and are raised so that they are seen. */
  private static double strength(boolean right, int count, int total) {
    if (count == 0) {
      return 0;
    }
    double share = (double) count / total;
    return right ? 0.85 * share : Math.min(0.9, 0.12 + Math.sqrt(share));
  }

  private static String shade(boolean right, double strength) {
    return String.format(
        Locale.ROOT, right ? "rgba(59,125,216,%.2f)" : "rgba(224,102,46,%.2f)", strength);
  }

  private ConfusionSection() {}
}
