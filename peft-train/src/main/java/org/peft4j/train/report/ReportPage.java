package org.peft4j.train.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.peft4j.train.report.RunFolder.Sample;

/**
 * A page about some runs, in one file without scripts: their last numbers, curves, several runs on
 * each chart, samples and options. Texts of runs are escaped.
 *
 * @param runs one at least
 */
record ReportPage(List<RunFolder> runs) {
  /** The fields of {@code metrics.jsonl} that come first. */
  private static final List<String> FIRST =
      List.of(
          "loss", "eval_loss", "learning_rate", "grad_norm", "tokens_per_second", "memory_bytes");

  /** Of no interest as curves. */
  private static final Set<String> LEFT_OUT = Set.of("step_seconds", "eval_predictions");

  String html() {
    StringBuilder html = new StringBuilder();
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.append(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:;"
            + " style-src 'unsafe-inline'\">\n");
    html.append("<title>").append(text(String.join(", ", names()))).append("</title>\n<style>\n");
    html.append(PageStyle.CSS).append("</style>\n</head>\n<body>\n<h1>");
    html.append(text(runs.size() == 1 ? names().get(0) : runs.size() + " runs"));
    html.append("</h1>\n");
    last(html);
    html.append("<h2>Curves</h2>\n");
    legend(html);
    html.append("<div class=\"charts\">\n");
    fields().forEach(field -> chart(html, field));
    html.append("</div>\n");
    samples(html);
    options(html);
    return html.append("</body>\n</html>\n").toString();
  }

  /** The names of the runs; a number tells those of one name apart. */
  private List<String> names() {
    List<String> names = new ArrayList<>();
    for (RunFolder run : runs) {
      String name = run.name();
      for (int i = 2; names.contains(name); i++) {
        name = run.name() + " (" + i + ")";
      }
      names.add(name);
    }
    return names;
  }

  private Set<String> fields() {
    Set<String> fields = new LinkedHashSet<>(FIRST);
    runs.forEach(run -> fields.addAll(run.curves().keySet()));
    fields.removeAll(LEFT_OUT);
    fields.removeIf(field -> runs.stream().noneMatch(run -> run.curves().containsKey(field)));
    return fields;
  }

  private void legend(StringBuilder html) {
    if (runs.size() == 1) {
      return;
    }
    html.append("<p class=\"legend\">\n");
    for (int i = 0; i < runs.size(); i++) {
      html.append(
          String.format(
              Locale.ROOT,
              "<span><i style=\"border-color: #%06x; border-top-style: %s\"></i>%s</span>\n",
              Plot.color(i).getRGB() & 0xFFFFFF,
              Plot.isDashed(i) ? "dashed" : "solid",
              text(names().get(i))));
    }
    html.append("</p>\n");
  }

  private void chart(StringBuilder html, String field) {
    Measure measure = Measure.of(field);
    Map<Integer, Curve> curves = new LinkedHashMap<>();
    for (int i = 0; i < runs.size(); i++) {
      Curve curve = runs.get(i).curves().get(field);
      if (curve != null) {
        curves.put(i, measure.of(curve));
      }
    }
    html.append("<img alt=\"")
        .append(text(measure.title()))
        .append("\" src=\"")
        .append(new Plot(measure.title(), curves).url())
        .append("\">\n");
  }

  /** A column for each run, so that the page grows downwards. */
  private void last(StringBuilder html) {
    html.append("<div class=\"wide\"><table>\n<tr><th>last value</th>");
    names().forEach(name -> html.append("<th class=\"n\">").append(text(name)).append("</th>"));
    html.append("</tr>\n<tr><td>Steps</td>");
    runs.forEach(run -> number(html, Figures.text(run.steps())));
    html.append("</tr>\n");
    for (String field : fields()) {
      Measure measure = Measure.of(field);
      html.append("<tr><td>").append(text(measure.title())).append("</td>");
      for (RunFolder run : runs) {
        Curve curve = run.curves().get(field);
        number(html, curve == null ? "" : Figures.text(measure.of(curve).last()));
      }
      html.append("</tr>\n");
    }
    html.append("</table></div>\n");
  }

  private static void number(StringBuilder html, String value) {
    html.append("<td class=\"n\">").append(value).append("</td>");
  }

  private void samples(StringBuilder html) {
    for (int i = 0; i < runs.size(); i++) {
      List<Sample> samples = runs.get(i).samples();
      if (!samples.isEmpty()) {
        html.append("<h2>Samples of ").append(text(names().get(i)));
        html.append("</h2>\n<div class=\"wide\"><table>\n");
        html.append("<tr><th>prompt</th><th>before</th><th>after</th></tr>\n");
        for (Sample sample : samples) {
          html.append("<tr>");
          for (String each : List.of(sample.prompt(), sample.before(), sample.after())) {
            html.append("<td class=\"t\">").append(text(each)).append("</td>");
          }
          html.append("</tr>\n");
        }
        html.append("</table></div>\n");
      }
    }
  }

  private void options(StringBuilder html) {
    for (int i = 0; i < runs.size(); i++) {
      if (!runs.get(i).options().isEmpty()) {
        html.append("<h2>Options of ").append(text(names().get(i))).append("</h2>\n<pre>");
        html.append(text(runs.get(i).options())).append("</pre>\n");
      }
    }
  }

  /** A text of HTML, in quotes too. */
  static String text(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
