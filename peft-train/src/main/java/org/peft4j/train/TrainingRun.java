package org.peft4j.train;

import java.nio.file.Path;
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
import org.peft4j.train.metrics.RunHistory;
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
  private final long total;
  private RunHistory history = RunHistory.none();
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
        this::resume, () -> checkpoints.ifPresent(CheckpointFolder::requireNone));
    checkpoints.ifPresent(folder -> folder.requireRoom(state.bytes()));
    tell(listener -> listener.onStart(steps.done(), total));
    double secondsBefore = history.seconds();
    long begin = System.nanoTime();
    double lastLoss = Double.NaN;
    while (steps.done() < total && !stopped()) {
      long epochs = training.data().epochs();
      StepMetrics metrics = steps.make();
      lastLoss = metrics.loss();
      history = history.after(metrics, secondsBefore + (System.nanoTime() - begin) * 1e-9);
      tell(listener -> listener.onStep(metrics));
      afterStep(metrics.step(), epochs);
    }
    if (interrupted) {
      checkpoints.ifPresent(this::write);
    } else if (!history.evaluated()) {
      evaluate();
    }
    FineTuningResult result =
        new FineTuningResult(steps.done(), lastLoss, history.evaluations(), interrupted);
    tell(listener -> listener.onEnd(result));
    return result;
  }

  private void resume(Path checkpoint) {
    history = state.restore(checkpoint);
    steps.resumeAfter(history.steps());
  }

  /** An interrupt is taken note of at once, so that it does not break the writing of files. */
  private boolean stopped() {
    interrupted |= Thread.interrupted() || stopRequested.getAsBoolean();
    return interrupted;
  }

  /** Evaluates before a checkpoint is written, which holds the evaluation then. */
  private void afterStep(long step, long epochsBefore) {
    long every = training.settings().evalEvery();
    if (step == total || (every > 0 && step % every == 0)) {
      evaluate();
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
      folder.write(state, history);
    } catch (PeftException e) {
      if (!Thread.interrupted()) {
        throw e;
      }
      interrupted = true;
      folder.write(state, history);
    }
  }

  private void evaluate() {
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
              history = history.with(evaluation);
              tell(listener -> listener.onEvaluation(history.steps(), evaluation));
            });
  }

  private void tell(Consumer<TrainingListener> call) {
    listeners.forEach(call);
  }
}
