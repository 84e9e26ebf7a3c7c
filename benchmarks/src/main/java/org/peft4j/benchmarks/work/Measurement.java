package org.peft4j.benchmarks.work;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Collections;
import java.util.List;

/**
 * One process' measurements: a line of JSON, the same from every implementation.
 *
 * @param precision fp32 or bf16
 * @param stepSeconds of each step after the warm-up
 * @param tokensPerStep tokens in a step; for generation those decoded one by one
 * @param peakRssBytes the process' highest resident memory
 * @param loadSeconds from the files to a wrapped model
 * @param losses of the first and the last training step; empty for other work
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Measurement(
    String implementation,
    String work,
    String precision,
    boolean checkpointing,
    List<Double> stepSeconds,
    int tokensPerStep,
    long peakRssBytes,
    double loadSeconds,
    List<Double> losses) {
  public Measurement {
    stepSeconds = List.copyOf(stepSeconds);
    losses = List.copyOf(losses);
  }

  /** The figures that matter most. */
  @Override
  public String toString() {
    return "fastest step %.4f s, peak %.0f MB"
        .formatted(Collections.min(stepSeconds), peakRssBytes / 1e6);
  }
}
