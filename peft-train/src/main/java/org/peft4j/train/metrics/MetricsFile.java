package org.peft4j.train.metrics;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;
import org.peft4j.internal.AtomicFile;
import org.peft4j.internal.json.JsonReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one JSON object a step: {@code step}, {@code loss}, {@code learning_rate}, {@code
 * grad_norm}, {@code step_seconds}, {@code tokens_per_second}, and what the objective tells besides
 * by its names; and one an evaluation: {@code step}, {@code eval_loss}, {@code eval_predictions}
 * and {@code eval_} with the objective's names. Each line is handed to the operating system before
 * the next step begins. The first step replaces an older file; a resumed training keeps its lines
 * up to there.
 *
 * <p>A full disk does not end the training: lines wait until there is room again. A warning tells
 * when they begin to wait, and which are missing at the end.
 */
public final class MetricsFile implements TrainingListener, AutoCloseable {
  private static final JsonReader JSON = JsonReader.upTo(1 << 16, 1 << 16);

  private static final Logger LOG = LoggerFactory.getLogger(MetricsFile.class);

  private final Path file;
  private @Nullable AppendedLines lines;

  /** A listener that writes to {@code file}, in a folder that exists. */
  public MetricsFile(Path file) {
    this.file = file;
  }

  @Override
  public void onStart(long done, long total) {
    close();
    if (done > 0) {
      begin(linesUpTo(done));
    }
  }

  private void begin(String kept) {
    AtomicFile.write(file, channel -> writeFully(channel, kept));
    lines = new AppendedLines(file, kept.getBytes(StandardCharsets.UTF_8).length);
  }

  private static void writeFully(FileChannel channel, String text) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private String linesUpTo(long step) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new PeftException(file + " is not a regular file; give another.");
    }
    try {
      return Files.exists(file)
          ? Files.readAllLines(file).stream()
              .filter(line -> stepOf(line) <= step)
              .map(line -> line + "\n")
              .collect(Collectors.joining())
          : "";
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** The step of a line; the largest number if a crash cut the line short. */
  private static long stepOf(String line) {
    return JSON.tryParse(line)
        .map(json -> json.path("step").asLong(Long.MAX_VALUE))
        .orElse(Long.MAX_VALUE);
  }

  @Override
  public void onStep(StepMetrics metrics) {
    if (lines == null) {
      begin("");
    }
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("step", metrics.step());
    line.put("loss", metrics.loss());
    line.put("learning_rate", metrics.learningRate());
    line.put("grad_norm", metrics.gradNorm());
    line.put("step_seconds", metrics.stepSeconds());
    line.put("tokens_per_second", metrics.tokensPerSecond());
    metrics.values().forEach(line::put);
    append(line.toString());
  }

  @Override
  public void onEvaluation(long step, Evaluation evaluation) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("step", step);
    line.put("eval_loss", evaluation.loss());
    line.put("eval_predictions", evaluation.predictions());
    evaluation.values().forEach((name, value) -> line.put("eval_" + name, value));
    append(line.toString());
  }

  private void append(String line) {
    if (lines != null) {
      String cause = lines.append(line);
      if (lines.waiting() == 1) {
        LOG.warn("Cannot write {}: {}. Training goes on; metrics wait for room.", file, cause);
      }
    }
  }

  private PeftException failure(IOException e) {
    return new PeftException("Cannot write " + file + ": " + e.getMessage() + ".", e);
  }

  @Override
  public void onEnd(FineTuningResult result) {
    close();
  }

  @Override
  public void close() {
    if (lines == null) {
      return;
    }
    try (AppendedLines ending = lines) {
      lines = null;
      String cause = ending.flush();
      if (!cause.isEmpty()) {
        LOG.warn("{} lacks its last {} lines: {}.", file, ending.waiting(), cause);
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }
}
