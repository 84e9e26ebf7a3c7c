package org.peft4j.cli.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.peft4j.cli.report.RunFolder.Sample;

/**
 * A page about some runs, in one file without scripts: their curves, several runs on each chart,
 * their last numbers, samples and options. Texts of runs are escaped.
 *
 * @param runs one at least
 */
record ReportPage(List<RunFolder> runs) {
  private static final String STYLE =
      """
      body { font: 15px/1.5 system-ui, sans-serif; max-width: 1300px; margin: 2em auto; padding: 0 1em; color: #222; }
      img { max-width: 100%; border: 1px solid #e5e5e5; border-radius: 4px; margin: 4px; }
      table { border-collapse: collapse; } td, th { border: 1px solid #ddd; padding: 4px 10px; text-align: left; vertical-align: top; }
      td.n { text-align: right; font-variant-numeric: tabular-nums; }
      pre { background: #f6f6f6; padding: 1em; overflow: auto; white-space: pre-wrap; }
      """;

  /** The fields of {@code metrics.jsonl} that come first, with their titles. */
  private static final Map<String, String> TITLES = new LinkedHashMap<>();

  static {
    TITLES.put("loss", "Loss");
    TITLES.put("eval_loss", "Held-out loss");
    TITLES.put("learning_rate", "Learning rate");
    TITLES.put("grad_norm", "Gradient norm");
    TITLES.put("tokens_per_second", "Tokens per second");
    TITLES.put("memory_bytes", "Memory in bytes");
  }

  /** Of no interest as curves. */
  private static final Set<String> LEFT_OUT = Set.of("step_seconds", "eval_predictions");

  String html() {
    StringBuilder html = new StringBuilder();
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.append(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:;"
            + " style-src 'unsafe-inline'\">\n");
    html.append("<title>").append(text(String.join(", ", names()))).append("</title>\n<style>\n");
    html.append(STYLE).append("</style>\n</head>\n<body>\n<h1>Training</h1>\n");
    last(html);
    html.append("<h2>Curves</h2>\n");
    fields().forEach(field -> chart(html, field));
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
    Set<String> fields = new LinkedHashSet<>(TITLES.keySet());
    runs.forEach(run -> fields.addAll(run.curves().keySet()));
    fields.removeAll(LEFT_OUT);
    fields.removeIf(field -> runs.stream().noneMatch(run -> run.curves().containsKey(field)));
    return fields;
  }

  private static String title(String field) {
    return TITLES.getOrDefault(
        field, field.startsWith("eval_") ? "Held-out " + field.substring(5) : field);
  }

  private void chart(StringBuilder html, String field) {
    Map<String, Curve> curves = new LinkedHashMap<>();
    for (int i = 0; i < runs.size(); i++) {
      Curve curve = runs.get(i).curves().get(field);
      if (curve != null) {
        curves.put(names().get(i), curve);
      }
    }
    html.append("<img alt=\"")
        .append(text(title(field)))
        .append("\" src=\"")
        .append(new Plot(title(field), curves).url())
        .append("\">\n");
  }

  private void last(StringBuilder html) {
    html.append("<table>\n<tr><th>run</th>");
    fields().forEach(field -> html.append("<th>").append(text(title(field))).append("</th>"));
    html.append("<th>steps</th></tr>\n");
    for (int i = 0; i < runs.size(); i++) {
      Map<String, Curve> curves = runs.get(i).curves();
      html.append("<tr><td>").append(text(names().get(i))).append("</td>");
      for (String field : fields()) {
        Curve curve = curves.get(field);
        String value =
            curve == null
                ? ""
                : String.format(Locale.ROOT, "%.5g", curve.values().get(curve.values().size() - 1));
        html.append("<td class=\"n\">").append(value).append("</td>");
      }
      double steps =
          curves.values().stream()
              .mapToDouble(curve -> curve.steps().get(curve.steps().size() - 1))
              .max()
              .orElse(0);
      html.append("<td class=\"n\">").append((long) steps).append("</td></tr>\n");
    }
    html.append("</table>\n<p>The last value of each curve.</p>\n");
  }

  private void samples(StringBuilder html) {
    for (int i = 0; i < runs.size(); i++) {
      List<Sample> samples = runs.get(i).samples();
      if (!samples.isEmpty()) {
        html.append("<h2>Samples of ").append(text(names().get(i))).append("</h2>\n<table>\n");
        html.append("<tr><th>prompt</th><th>before</th><th>after</th></tr>\n");
        for (Sample sample : samples) {
          html.append("<tr>");
          for (String each : List.of(sample.prompt(), sample.before(), sample.after())) {
            html.append("<td>").append(text(each)).append("</td>");
          }
          html.append("</tr>\n");
        }
        html.append("</table>\n");
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
