package org.peft4j.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.DataSource;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.internal.CheckpointFolder;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.objective.CrossEntropy;
import org.peft4j.train.objective.Objective;

/**
 * Trains the active adapters of a wrapped transformer: by default a language model or a classifier
 * of sequences, with cross-entropy and AdamW.
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
  private final Training<?> training;
  private final List<TrainingListener> listeners;
  private final Optional<CheckpointFolder> checkpoints;
  private final Decisions decisions;
  private final Optional<Path> resumeFrom;
  private volatile boolean stopRequested;

  FineTuner(
      Training<?> training,
      List<TrainingListener> listeners,
      Optional<CheckpointFolder> checkpoints,
      Decisions decisions,
      Optional<Path> resumeFrom) {
    this.training = training;
    this.listeners = List.copyOf(listeners);
    this.checkpoints = checkpoints;
    this.decisions = decisions;
    this.resumeFrom = resumeFrom;
  }

  /**
   * A builder for training on tokens with cross-entropy.
   *
   * @param model a wrapped transformer; its active adapters train
   */
  public static FineTunerBuilder<TokenBatch> builder(
      PeftModel<ComputationGraph> model, TrainingData data) {
    return builder(model, new CrossEntropy()).data(data);
  }

  /**
   * A builder for training with another objective. Give it {@linkplain FineTunerBuilder#data data}.
   *
   * @param model its active adapters train
   */
  public static <B extends Batch> FineTunerBuilder<B> builder(
      PeftModel<ComputationGraph> model, Objective<B> objective) {
    return new FineTunerBuilder<>(model, objective);
  }

  /**
   * Trains on this thread until the end, a {@linkplain FineTunerBuilder#stopWhen rule}, {@link
   * #stop} or an interrupt of this thread; the last two let the current step finish. An interrupt
   * is cleared; the result says that it came. The data source is afterwards where it was before.
   *
   * @throws NonFiniteException if a loss, gradient or parameter is not finite, with the step and
   *     the tensor; the adapter has the values of the step before
   * @throws PeftException if no adapter is active, a batch does not fit the model, a file cannot be
   *     read or written, or the disk has no room for the checkpoints. The model keeps the adapters
   *     as the last step left them: save them elsewhere
   */
  public FineTuningResult run() {
    try {
      return run(training);
    } finally {
      stopRequested = false;
    }
  }

  private <B extends Batch> FineTuningResult run(Training<B> what) {
    DataSource<B> data = what.data();
    Map<String, Long> start = data.position();
    try (TrainingStep<B> steps = new TrainingStep<>(what)) {
      return new TrainingRun<>(what, steps, listeners, checkpoints, decisions, () -> stopRequested)
          .run(resumeFrom);
    } finally {
      data.restore(start);
    }
  }

  /**
   * Tries learning rates: makes steps with rates that grow exponentially, and puts the model, the
   * random masks and the data back. Rates of single tensors keep their ratio.
   *
   * @param lowest the first rate, above 0
   * @param highest the last one, above that
   * @param steps from one to the other, 2 and above; a hundred is usual
   * @throws PeftException if a number is not allowed, or a batch does not fit the model
   */
  public LearningRateSweep sweepLearningRate(double lowest, double highest, int steps) {
    return new RateSweeper(lowest, highest, steps).sweep(training);
  }

  /**
   * Ends a run after its current step, or the next run before its first one. Listeners and other
   * threads may call it.
   */
  public void stop() {
    stopRequested = true;
  }
}
