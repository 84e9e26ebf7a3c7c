package org.peft4j.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Batch;
import org.peft4j.train.internal.CheckpointFolder;
import org.peft4j.train.internal.TrainingState;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;

/** One run of a {@link FineTuner}: steps, and what is done between them for those outside. */
final class TrainingRun<B extends Batch> {
  private final Training<B> training;
  private final TrainingStep<B> steps;
  private final TrainingState state;
  private final List<TrainingListener> listeners;
  private final Optional<CheckpointFolder> checkpoints;
  private final BooleanSupplier stopRequested;
  private final List<StepEvaluation> evaluations = new ArrayList<>();
  private final long total;
  private boolean interrupted;

  TrainingRun(
      Training<B> training,
      TrainingStep<B> steps,
      List<TrainingListener> listeners,
      Optional<CheckpointFolder> checkpoints,
      BooleanSupplier stopRequested) {
    this.training = training;
    this.steps = steps;
    this.listeners = listeners;
    this.checkpoints = checkpoints;
    this.stopRequested = stopRequested;
    state =
        new TrainingState(
            training.model(),
            training.settings().saved(),
            training.data(),
            steps::state,
            steps::requireUsable);
    total = training.data().steps();
  }

  FineTuningResult run(Optional<Path> resumeFrom) {
    training.model().training().masks().restore(training.settings().seed(), 0);
    resumeFrom.ifPresentOrElse(
        folder -> steps.resumeAfter(state.restore(folder)),
        () -> checkpoints.ifPresent(CheckpointFolder::requireNone));
    checkpoints.ifPresent(folder -> folder.requireRoom(state.bytes()));
    tell(listener -> listener.onStart(steps.done(), total));
    double lastLoss = Double.NaN;
    while (steps.done() < total && !stopped()) {
      long epochs = training.data().epochs();
      StepMetrics metrics = steps.make();
      lastLoss = metrics.loss();
      tell(listener -> listener.onStep(metrics));
      afterStep(metrics.step(), epochs);
    }
    long done = steps.done();
    if (interrupted) {
      checkpoints.ifPresent(this::write);
    } else {
      evaluate(done);
    }
    FineTuningResult result = new FineTuningResult(done, lastLoss, evaluations, interrupted);
    tell(listener -> listener.onEnd(result));
    return result;
  }

  /** An interrupt is taken note of at once, so that it does not break the writing of files. */
  private boolean stopped() {
    interrupted |= Thread.interrupted() || stopRequested.getAsBoolean();
    return interrupted;
  }

  private void afterStep(long step, long epochsBefore) {
    long every = training.settings().evalEvery();
    if (every > 0 && step % every == 0 && step < total) {
      evaluate(step);
    }
    for (long epoch = epochsBefore + 1; epoch <= training.data().epochs(); epoch++) {
      long ended = epoch;
      tell(listener -> listener.onEpoch(ended));
    }
    checkpoints.filter(folder -> folder.due(step)).ifPresent(this::write);
  }

  /** Writes once more if an interrupt came while the files were open, which closes them. */
  private void write(CheckpointFolder folder) {
    try {
      folder.write(state, steps.done());
    } catch (PeftException e) {
      if (!Thread.interrupted()) {
        throw e;
      }
      interrupted = true;
      folder.write(state, steps.done());
    }
  }

  private void evaluate(long step) {
    training
        .evaluation()
        .ifPresent(
            examples -> {
              Evaluation evaluation =
                  Evaluator.mean(
                      training.model(),
                      training.objective(),
                      examples,
                      training.settings().batchSize());
              evaluations.add(new StepEvaluation(step, evaluation));
              tell(listener -> listener.onEvaluation(step, evaluation));
            });
  }

  private void tell(Consumer<TrainingListener> call) {
    listeners.forEach(call);
  }
}
