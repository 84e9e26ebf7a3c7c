package org.peft4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.method.TrainingHook;
import org.peft4j.train.FineTuningResult.StepEvaluation;
import org.peft4j.train.data.TokenBatch;

/** One run of a {@link FineTuner}: the loop, and what it holds meanwhile. */
final class TrainingRun implements AutoCloseable {
  private final FineTuner tuner;
  private final FineTuningSettings settings;
  private final ComputationGraph network;
  private final BatchFeed feed;
  private final StepGradient gradient;
  private final AdamW optimizer;
  private final List<TrainingHook> hooks;
  private final @Nullable GroupVectors groups;
  private final List<StepEvaluation> evaluations = new ArrayList<>();
  private final long total;
  private double lastLoss = Double.NaN;
  private boolean interrupted;

  TrainingRun(FineTuner tuner) {
    this.tuner = tuner;
    settings = tuner.settings();
    network = tuner.model().network();
    feed = new BatchFeed(tuner.data(), settings);
    total = feed.steps();
    gradient = new StepGradient(tuner.model());
    optimizer = new AdamW(network.params());
    hooks = new ArrayList<>(tuner.model().training().hooks());
    tuner.hooks().forEach(hook -> hooks.add(hook.get()));
    groups = tuner.groups().map(g -> GroupVectors.of(tuner.model(), g, settings)).orElse(null);
  }

  FineTuningResult run() {
    tuner.model().training().masks().restore(settings.seed(), 0);
    TrainingState state = new TrainingState(tuner, optimizer, hooks);
    tuner
        .resumeFrom()
        .ifPresentOrElse(
            state::restore, () -> tuner.checkpoints().ifPresent(Checkpoints::requireNone));
    tell(listener -> listener.onStart(optimizer.steps(), total));
    while (optimizer.steps() < total && !stopped()) {
      StepMetrics metrics = step();
      lastLoss = metrics.loss();
      tell(listener -> listener.onStep(metrics));
      afterStep(metrics.step(), state);
    }
    long done = optimizer.steps();
    if (interrupted) {
      tuner.checkpoints().ifPresent(checkpoints -> write(checkpoints, state));
    } else {
      evaluate(done);
    }
    FineTuningResult result = new FineTuningResult(done, lastLoss, evaluations, interrupted);
    tell(listener -> listener.onEnd(result));
    return result;
  }

  /** An interrupt is taken note of at once, so that it does not break the writing of files. */
  private boolean stopped() {
    interrupted |= Thread.interrupted() || tuner.stopRequested();
    return interrupted;
  }

  private StepMetrics step() {
    final long begin = System.nanoTime();
    long step = optimizer.steps() + 1;
    List<TokenBatch> batches = feed.step(step - 1);
    INDArray vector = gradient.compute(step, batches);
    gradient.clip(vector, settings.maxGradNorm());
    double rate =
        settings.learningRate()
            * settings.schedule().factor(step - 1, settings.warmupSteps(), total);
    hooks.forEach(hook -> hook.beforeUpdate(step - 1));
    INDArray parameters = network.params();
    boolean finite =
        groups == null
            ? optimizer.step(parameters, vector, rate, settings.weightDecay())
            : optimizer.step(parameters, vector, rate, groups);
    if (!finite) {
      throw new NonFiniteException(step, "a parameter after the update");
    }
    hooks.forEach(hook -> hook.afterUpdate(step - 1));
    double seconds = (System.nanoTime() - begin) * 1e-9;
    long tokens = batches.stream().mapToLong(TokenBatch::tokens).sum();
    return new StepMetrics(step, gradient.loss(), rate, gradient.norm(), seconds, tokens / seconds);
  }

  private void afterStep(long step, TrainingState state) {
    if (settings.evalEvery() > 0 && step % settings.evalEvery() == 0 && step < total) {
      evaluate(step);
    }
    for (long epoch = feed.epochs(step - 1) + 1; epoch <= feed.epochs(step); epoch++) {
      long ended = epoch;
      tell(listener -> listener.onEpoch(ended));
    }
    tuner
        .checkpoints()
        .filter(checkpoints -> checkpoints.due(step))
        .ifPresent(checkpoints -> write(checkpoints, state));
  }

  /** Writes once more if an interrupt came while the files were open, which closes them. */
  private void write(Checkpoints checkpoints, TrainingState state) {
    try {
      checkpoints.write(state);
    } catch (PeftException e) {
      if (!Thread.interrupted()) {
        throw e;
      }
      interrupted = true;
      checkpoints.write(state);
    }
  }

  private void evaluate(long step) {
    tuner
        .evaluation()
        .ifPresent(
            data -> {
              Evaluation evaluation =
                  new Evaluator(tuner.model(), settings.batchSize()).evaluate(data);
              evaluations.add(new StepEvaluation(step, evaluation));
              tell(listener -> listener.onEvaluation(step, evaluation));
            });
  }

  private void tell(Consumer<TrainingListener> call) {
    tuner.listeners().forEach(call);
  }

  @Override
  public void close() {
    hooks.forEach(TrainingHook::close);
    if (groups != null) {
      groups.close();
    }
    gradient.close();
    optimizer.close();
  }
}
