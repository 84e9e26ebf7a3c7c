package org.peft4j.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.method.TrainingHook;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.Examples;
import org.peft4j.train.internal.TrainingState;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.optimizer.Optimizer;
import org.peft4j.train.optimizer.ParameterRates;
import org.peft4j.train.optimizer.Update;

/** Makes the steps of one run, and holds what is between them. */
final class TrainingStep<B extends Batch> implements AutoCloseable {
  private final Training<B> training;
  private final FineTuningSettings settings;
  private final ComputationGraph network;
  private final StepGradient<B> gradient;
  private final Optimizer optimizer;
  private final List<TrainingHook> hooks;
  private final ParameterRates rates;
  private long done;

  TrainingStep(Training<B> training) {
    this(training, true);
  }

  /**
   * Steps of a training.
   *
   * @param hooked whether methods and others do their work between them
   */
  TrainingStep(Training<B> training, boolean hooked) {
    this.training = training;
    settings = training.settings();
    network = training.model().network();
    gradient = new StepGradient<>(training.model(), training.objective(), training.workers());
    optimizer = training.optimizer().create(network.params(), training.model().training().places());
    hooks = new ArrayList<>();
    if (hooked) {
      hooks.addAll(training.model().training().hooks());
      training.hooks().forEach(hook -> hooks.add(hook.get()));
    }
    rates =
        ParameterRates.of(
            training.allGroups(),
            settings.learningRate(),
            training.model().training().places(),
            network.params());
  }

  /** The number of steps that the adapters have had. */
  long done() {
    return done;
  }

  /**
   * Makes the next step.
   *
   * @throws NonFiniteException if a loss, gradient or parameter is not finite; the parameters are
   *     those of the step before
   */
  StepMetrics make() {
    final long begin = System.nanoTime();
    long step = done + 1;
    List<B> batches = training.data().next();
    INDArray vector = gradient.compute(step, batches);
    gradient.clip(vector, settings.maxGradNorm());
    double rate = learningRate(done);
    hooks.forEach(hook -> hook.beforeUpdate(done));
    if (!optimizer.update(new Update(step, network.params(), vector, rate, rates))) {
      throw new NonFiniteException(step, "a parameter after the update");
    }
    hooks.forEach(hook -> hook.afterUpdate(done));
    done = step;
    double seconds = (System.nanoTime() - begin) * 1e-9;
    long tokens = gradient.tokens();
    return new StepMetrics(
        step, gradient.loss(), rate, gradient.norm(), seconds, tokens / seconds, gradient.values());
  }

  private double learningRate(long step) {
    return settings.learningRate()
        * settings
            .schedule()
            .factor(step, settings.warmup(training.data().steps()), training.data().steps());
  }

  /**
   * The arrays that the next steps depend on, by name. The parameters are there in one piece: their
   * order is that of the optimizer's arrays.
   */
  Map<String, INDArray> state() {
    Map<String, INDArray> state = new LinkedHashMap<>();
    state.put("parameters", network.params());
    optimizer.state().forEach((name, array) -> put(state, name, array));
    training.data().state().forEach((name, array) -> put(state, "data." + name, array));
    training.evaluation().ifPresent(examples -> putEvaluation(state, examples));
    for (int i = 0; i < hooks.size(); i++) {
      String prefix = "hook." + i + ".";
      hooks.get(i).state().forEach((name, array) -> put(state, prefix + name, array));
    }
    return state;
  }

  /**
   * What evaluations depend on, such as the start that answers are compared with. The names say of
   * which examples: a training may go on with others.
   */
  private static void putEvaluation(Map<String, INDArray> state, Examples<?> examples) {
    Map<String, INDArray> own = examples.state();
    if (own.isEmpty()) {
      return;
    }
    String prefix = TrainingState.EVALUATION + Long.toHexString(examples.checksum()) + ".";
    own.forEach(
        (name, array) -> {
          // The training's own examples may be compared with the same model.
          if (state.values().stream().noneMatch(known -> known == array)) {
            put(state, prefix + name, array);
          }
        });
  }

  /** Checks what a checkpoint has for an array of {@link #state}. */
  void requireUsable(String name, INDArray value) {
    if (optimizer.state().containsKey(name)) {
      optimizer.requireUsable(name, value);
    }
  }

  private static void put(Map<String, INDArray> state, String name, INDArray array) {
    if (state.put(name, array) != null) {
      throw new PeftException(
          "Two arrays of this training's state have the name "
              + name
              + ", so that it cannot be saved. Rename the optimizer's.");
    }
  }

  /** Goes on after {@code steps} steps; the arrays of {@link #state} are those of that time. */
  void resumeAfter(long steps) {
    hooks.forEach(TrainingHook::restored);
    done = steps;
  }

  @Override
  public void close() {
    hooks.forEach(TrainingHook::close);
    rates.close();
    gradient.close();
    optimizer.close();
  }
}
