package org.peft4j.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.method.ParameterGroups;
import org.peft4j.method.TrainingHook;
import org.peft4j.train.data.TrainingData;

/**
 * Trains the active adapters of a wrapped language model or classifier of sequences with AdamW.
 *
 * <pre>{@code
 * FineTuningResult result =
 *     FineTuner.builder(peft, data)
 *         .settings(FineTuningSettings.builder().steps(300).learningRate(3e-3).build())
 *         .evaluation(heldOut)
 *         .listener(new MetricsFile(output.resolve("metrics.jsonl")))
 *         .build()
 *         .run();
 * peft.save(output);
 * }</pre>
 *
 * <p>The same adapter, data, settings and number of threads give bit-equal results, whether the
 * training was stopped and resumed on the way or not.
 */
public final class FineTuner {
  private final PeftModel<ComputationGraph> model;
  private final TrainingData data;
  private final FineTuningSettings settings;
  private final Optional<TrainingData> evaluation;
  private final List<TrainingListener> listeners;
  private final Optional<Checkpoints> checkpoints;
  private final Optional<Path> resumeFrom;
  private final Optional<ParameterGroups> groups;
  private final List<Supplier<TrainingHook>> hooks;
  private volatile boolean stopRequested;

  FineTuner(FineTunerBuilder builder) {
    model = builder.model;
    data = builder.data;
    settings = builder.settings;
    evaluation = Optional.ofNullable(builder.evaluation);
    listeners = List.copyOf(builder.listeners);
    checkpoints = Optional.ofNullable(builder.checkpoints);
    resumeFrom = Optional.ofNullable(builder.resumeFrom);
    groups = Optional.ofNullable(builder.groups);
    hooks = List.copyOf(builder.hooks);
  }

  /**
   * A builder of a fine-tuner.
   *
   * @param model a wrapped transformer; its active adapters train
   */
  public static FineTunerBuilder builder(PeftModel<ComputationGraph> model, TrainingData data) {
    return new FineTunerBuilder(model, data);
  }

  /**
   * Trains on this thread, to the end or until {@link #stop} or an interrupt of this thread, either
   * of which lets the current step finish. The interrupt status is cleared then; the result says
   * that it was set.
   *
   * @throws NonFiniteException if a loss, gradient or parameter is not finite, with the step and
   *     the tensor; the adapter has the values of the step before
   * @throws PeftException if no adapter is active, a batch does not fit the model, or a file cannot
   *     be read or written
   */
  public FineTuningResult run() {
    try (TrainingRun run = new TrainingRun(this)) {
      return run.run();
    } finally {
      stopRequested = false;
    }
  }

  /**
   * Ends a run after its current step, or the next run before its first one; for use from listeners
   * and other threads.
   */
  public void stop() {
    stopRequested = true;
  }

  boolean stopRequested() {
    return stopRequested;
  }

  PeftModel<ComputationGraph> model() {
    return model;
  }

  TrainingData data() {
    return data;
  }

  FineTuningSettings settings() {
    return settings;
  }

  Optional<TrainingData> evaluation() {
    return evaluation;
  }

  List<TrainingListener> listeners() {
    return listeners;
  }

  Optional<Checkpoints> checkpoints() {
    return checkpoints;
  }

  Optional<ParameterGroups> groups() {
    return groups;
  }

  List<Supplier<TrainingHook>> hooks() {
    return hooks;
  }

  Optional<Path> resumeFrom() {
    return resumeFrom;
  }
}
