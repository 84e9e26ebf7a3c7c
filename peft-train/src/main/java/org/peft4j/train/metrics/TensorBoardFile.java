package org.peft4j.train.metrics;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;

/**
 * Writes an event file of TensorBoard: {@code train/loss}, {@code train/learning_rate}, {@code
 * train/grad_norm}, {@code train/tokens_per_second}, {@code eval/loss}, and what the objective
 * tells, by step. Each run of a training has a file of its own; one that goes on tells TensorBoard
 * which steps of the files before count no longer.
 *
 * <p>The first step makes the file. The format is TensorFlow's {@code
 * tensorflow/core/util/event.proto} in the framing of {@code lib/io/record_writer.h}.
 */
public final class TensorBoardFile implements TrainingListener, AutoCloseable {
  private final Path folder;
  private @Nullable OutputStream out;
  private long done;

  /** A listener that writes to a new file in {@code folder}, which is made if it is missing. */
  public TensorBoardFile(Path folder) {
    this.folder = folder;
  }

  @Override
  public void onStart(long before, long total) {
    close();
    done = before;
  }

  @Override
  public void onStep(StepMetrics metrics) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("train/loss", metrics.loss());
    values.put("train/learning_rate", metrics.learningRate());
    values.put("train/grad_norm", metrics.gradNorm());
    values.put("train/tokens_per_second", metrics.tokensPerSecond());
    metrics.values().forEach((name, value) -> values.put("train/" + name, value));
    write(metrics.step(), values);
  }

  @Override
  public void onEvaluation(long step, Evaluation evaluation) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("eval/loss", evaluation.loss());
    evaluation.values().forEach((name, value) -> values.put("eval/" + name, value));
    write(step, values);
  }

  private void write(long step, Map<String, Double> values) {
    try {
      OutputStream file = out == null ? open() : out;
      out = file;
      file.write(EventRecord.framed(EventRecord.scalars(seconds(), step, values)));
      file.flush();
    } catch (IOException e) {
      throw new PeftException(
          "Cannot write TensorBoard's events in " + folder + ": " + e.getMessage() + ".", e);
    }
  }

  private OutputStream open() throws IOException {
    Files.createDirectories(folder);
    // TensorBoard reads the files of a folder by name, that is by time.
    String name = "events.out.tfevents.%010d.peft4j.%d";
    long now = System.currentTimeMillis() / 1000;
    int number = 0;
    while (Files.exists(folder.resolve(name.formatted(now, number)))) {
      number++;
    }
    OutputStream file = Files.newOutputStream(folder.resolve(name.formatted(now, number)));
    file.write(EventRecord.framed(EventRecord.version(seconds())));
    file.write(EventRecord.framed(EventRecord.start(seconds(), done + 1)));
    return file;
  }

  private static double seconds() {
    return System.currentTimeMillis() * 1e-3;
  }

  @Override
  public void onEnd(FineTuningResult result) {
    close();
  }

  @Override
  public void close() {
    try (OutputStream closing = out) {
      out = null;
    } catch (IOException e) {
      throw new PeftException(
          "Cannot write TensorBoard's events in " + folder + ": " + e.getMessage() + ".", e);
    }
  }
}
