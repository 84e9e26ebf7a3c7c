package org.peft4j.train.metrics;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Writes a row of comma-separated values for each step and for each evaluation, under a header: the
 * columns of {@link MetricsFile}, but for the memory. A row has no value in the columns of the
 * other kind. What an objective tells has columns by its names if its first step tells it.
 */
public final class CsvFile implements TrainingListener, AutoCloseable {
  private static final List<String> STEP =
      List.of("step", "loss", "learning_rate", "grad_norm", "step_seconds", "tokens_per_second");
  private static final String EVALUATION = "eval_";

  private final StepLines lines;
  private final List<String> columns = new ArrayList<>();

  /** A listener that writes to {@code file}, in a folder that exists. */
  public CsvFile(Path file) {
    lines = new StepLines(file, CsvFile::stepOf);
  }

  /** The header is of step 0. */
  private static long stepOf(String line) {
    String first = line.substring(0, Math.max(0, line.indexOf(',')));
    if (first.equals("step")) {
      return 0;
    }
    try {
      return Long.parseLong(first);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  @Override
  public void onStart(long done, long total) {
    columns.clear();
    lines.start(done);
  }

  @Override
  public void onStep(StepMetrics metrics) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("step", metrics.step());
    row.put("loss", metrics.loss());
    row.put("learning_rate", metrics.learningRate());
    row.put("grad_norm", metrics.gradNorm());
    row.put("step_seconds", metrics.stepSeconds());
    row.put("tokens_per_second", metrics.tokensPerSecond());
    row.putAll(metrics.values());
    if (columns.isEmpty()) {
      header(metrics);
    }
    append(row);
  }

  private void header(StepMetrics metrics) {
    columns.addAll(STEP);
    columns.addAll(metrics.values().keySet());
    columns.add(EVALUATION + "loss");
    columns.add(EVALUATION + "predictions");
    metrics.values().keySet().forEach(name -> columns.add(EVALUATION + name));
    if (lines.isEmpty()) {
      lines.append(columns.stream().map(CsvFile::quoted).collect(Collectors.joining(",")));
    }
  }

  private static String quoted(String text) {
    return text.matches("[^\",\\r\\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
  }

  @Override
  public void onEvaluation(long step, Evaluation evaluation) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("step", step);
    row.put(EVALUATION + "loss", evaluation.loss());
    row.put(EVALUATION + "predictions", evaluation.predictions());
    evaluation.values().forEach((name, value) -> row.put(EVALUATION + name, value));
    append(row);
  }

  private void append(Map<String, Object> row) {
    lines.append(
        columns.stream()
            .map(column -> String.valueOf(row.getOrDefault(column, "")))
            .collect(Collectors.joining(",")));
  }

  @Override
  public void onEnd(FineTuningResult result) {
    close();
  }

  @Override
  public void close() {
    lines.close();
  }
}
