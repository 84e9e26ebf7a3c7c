package org.peft4j.train.metrics;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.bytedeco.javacpp.Pointer;
import org.peft4j.internal.json.JsonReader;

/**
 * Writes one JSON object a step: {@code step}, {@code loss}, {@code learning_rate}, {@code
 * grad_norm}, {@code step_seconds}, {@code tokens_per_second}, {@code memory_bytes} of the process,
 * and what the objective tells besides by its names; and one an evaluation: {@code step}, {@code
 * eval_loss}, {@code eval_predictions} and {@code eval_} with the objective's names. Each line is
 * handed to the operating system before the next step begins. The first step replaces an older
 * file; a resumed training keeps its lines up to there.
 *
 * <p>A full disk does not end the training: lines wait until there is room again. A warning tells
 * when they begin to wait, and which are missing at the end.
 */
public final class MetricsFile implements TrainingListener, AutoCloseable {
  private static final JsonReader JSON = JsonReader.upTo(1 << 16, 1 << 16);

  private final StepLines lines;

  /** A listener that writes to {@code file}, in a folder that exists. */
  public MetricsFile(Path file) {
    lines = new StepLines(file, MetricsFile::stepOf);
  }

  private static long stepOf(String line) {
    return JSON.tryParse(line)
        .map(json -> json.path("step").asLong(Long.MAX_VALUE))
        .orElse(Long.MAX_VALUE);
  }

  @Override
  public void onStart(long done, long total) {
    lines.start(done);
  }

  @Override
  public void onStep(StepMetrics metrics) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("step", metrics.step());
    line.put("loss", metrics.loss());
    line.put("learning_rate", metrics.learningRate());
    line.put("grad_norm", metrics.gradNorm());
    line.put("step_seconds", metrics.stepSeconds());
    line.put("tokens_per_second", metrics.tokensPerSecond());
    line.put("memory_bytes", Pointer.physicalBytes());
    metrics.values().forEach(line::put);
    lines.append(line.toString());
  }

  @Override
  public void onEvaluation(long step, Evaluation evaluation) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("step", step);
    line.put("eval_loss", evaluation.loss());
    line.put("eval_predictions", evaluation.predictions());
    evaluation.values().forEach((name, value) -> line.put("eval_" + name, value));
    lines.append(line.toString());
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
