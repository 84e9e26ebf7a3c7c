package org.peft4j.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Batch;
import org.peft4j.train.internal.CheckpointFolder;
import org.peft4j.train.internal.TrainingState;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;
import org.peft4j.train.metrics.Means;
import org.peft4j.train.metrics.RunHistory;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.objective.BatchLoss;

/** One run of a {@link FineTuner}: steps, and what is done between them for those outside. */
final class TrainingRun<B extends Batch> {
  private final Training<B> training;
  private final TrainingStep<B> steps;
  private final TrainingState state;
  private final List<TrainingListener> listeners;
  private final Optional<CheckpointFolder> checkpoints;
  private final Decisions decisions;
  private final BooleanSupplier stopRequested;
  private final long total;
  private final SharedRun shared;
  private RunHistory history = RunHistory.none();
  private boolean interrupted;
  private Optional<String> reason = Optional.empty();

  TrainingRun(
      Training<B> training,
      TrainingStep<B> steps,
      List<TrainingListener> listeners,
      Optional<CheckpointFolder> checkpoints,
      Decisions decisions,
      BooleanSupplier stopRequested) {
    this.training = training;
    this.steps = steps;
    this.listeners = listeners;
    this.checkpoints = checkpoints;
    this.decisions = decisions;
    this.stopRequested = stopRequested;
    state =
        new TrainingState(
            training.model(),
            training.saved(),
            training.data(),
            steps::state,
            steps::requireUsable);
    total = training.data().steps();
    shared = new SharedRun(training.workers());
  }

  FineTuningResult run(Optional<Path> resumeFrom) {
    shared.requireSame(training);
    training.model().training().masks().restore(training.settings().seed(), 0);
    resumeFrom.ifPresentOrElse(this::resume, () -> first(CheckpointFolder::requireNone));
    first(folder -> folder.requireRoom(state.bytes()));
    shared.ownMasks(training.model().training().masks());
    checkMetrics();
    reason = shared.agreed(decisions.reason(history));
    tell(listener -> listener.onStart(steps.done(), total));
    double secondsBefore = history.seconds();
    long begin = System.nanoTime();
    double lastLoss = Double.NaN;
    while (steps.done() < total && reason.isEmpty() && !stopped()) {
      long epochs = training.data().epochs();
      StepMetrics metrics = step();
      lastLoss = metrics.loss();
      history = history.after(metrics, secondsBefore + (System.nanoTime() - begin) * 1e-9);
      tell(listener -> listener.onStep(metrics));
      afterStep(metrics.step(), epochs);
    }
    if (!interrupted && !history.evaluated()) {
      evaluate();
    }
    if (interrupted || reason.isPresent()) {
      checkpoints.ifPresent(this::write);
    }
    FineTuningResult result =
        new FineTuningResult(
            steps.done(), lastLoss, history.evaluations(), interrupted, reason, best());
    tell(listener -> listener.onEnd(result));
    return result;
  }

  /** What the first worker alone does with the folder of checkpoints. */
  private void first(Consumer<CheckpointFolder> action) {
    checkpoints.filter(folder -> training.workers().first()).ifPresent(action);
  }

  /** A metric that evaluations do not have is told before the first step. */
  private void checkMetrics() {
    training
        .evaluation()
        .filter(examples -> decisions.watch())
        .ifPresent(
            examples -> {
              int rows = Math.min(examples.size(), training.settings().batchSize());
              B batch = examples.batch(IntStream.range(0, rows).toArray());
              BatchLoss loss = training.objective().loss(training.model(), batch);
              Means means = new Means();
              means.add(loss.metrics());
              decisions.check(new Evaluation(loss.value(), rows, means.values()));
            });
  }

  /** Makes a step; if a number is not finite, the message says where the last good ones are. */
  private StepMetrics step() {
    try {
      return steps.make();
    } catch (NonFiniteException e) {
      throw checkpoints
          .flatMap(CheckpointFolder::latest)
          .map(folder -> new NonFiniteException(e, "The last good checkpoint is " + folder + "."))
          .orElse(e);
    }
  }

  /** Gives the model the adapter of the best evaluation, if that is not the last step's. */
  private Optional<StepEvaluation> best() {
    Optional<StepEvaluation> best = decisions.best(history);
    best.filter(evaluation -> evaluation.step() != steps.done())
        .ifPresent(
            evaluation -> {
              state.restore(checkpoints.orElseThrow().of(evaluation.step()));
              shared.ownMasks(training.model().training().masks());
              steps.resumeAfter(evaluation.step());
            });
    return best;
  }

  private void resume(Path checkpoint) {
    history = state.restore(checkpoint);
    steps.resumeAfter(history.steps());
  }

  /** An interrupt is taken note of at once, so that it does not break the writing of files. */
  private boolean stopped() {
    interrupted |= Thread.interrupted() || stopRequested.getAsBoolean();
    interrupted = shared.any(interrupted);
    return interrupted;
  }

  /** Evaluates before a checkpoint is written, which holds the evaluation then. */
  private void afterStep(long step, long epochsBefore) {
    long every = training.settings().evalEvery();
    reason = shared.agreed(decisions.reason(history));
    if (step == total || (every > 0 && step % every == 0) || reason.isPresent()) {
      evaluate();
      reason = shared.agreed(decisions.reason(history));
    }
    for (long epoch = epochsBefore + 1; epoch <= training.data().epochs(); epoch++) {
      long ended = epoch;
      tell(listener -> listener.onEpoch(ended));
    }
    boolean best = decisions.best(history).filter(found -> found.step() == step).isPresent();
    checkpoints.filter(folder -> best || folder.due(step)).ifPresent(this::write);
  }

  /** Writes once more if an interrupt came while the files were open, which closes them. */
  private void write(CheckpointFolder folder) {
    if (training.workers().first()) {
      writeFiles(folder);
    }
    shared.meet();
  }

  private void writeFiles(CheckpointFolder folder) {
    OptionalLong best =
        decisions.best(history).stream().mapToLong(StepEvaluation::step).findFirst();
    try {
      folder.write(state, history, best);
    } catch (PeftException e) {
      if (!Thread.interrupted()) {
        throw e;
      }
      interrupted = true;
      folder.write(state, history, best);
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
                      training.settings().batchSize(),
                      training.workers());
              history = history.with(evaluation);
              tell(listener -> listener.onEvaluation(history.steps(), evaluation));
            });
  }

  private void tell(Consumer<TrainingListener> call) {
    listeners.forEach(call);
  }
}
