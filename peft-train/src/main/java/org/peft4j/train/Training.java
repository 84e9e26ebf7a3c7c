package org.peft4j.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.method.ParameterGroups;
import org.peft4j.method.TrainingHook;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.DataSource;
import org.peft4j.train.data.Examples;
import org.peft4j.train.internal.SavedSettings;
import org.peft4j.train.objective.Objective;
import org.peft4j.train.optimizer.OptimizerFactory;
import org.peft4j.train.parallel.Workers;

/**
 * What is trained, and by what.
 *
 * @param model whose active adapters train
 * @param settings the numbers of the training
 * @param objective what is minimised
 * @param data the batches of each step
 * @param evaluation data to evaluate on
 * @param optimizer makes the optimizer of a run
 * @param groups the rates and decays of the single tensors; the settings' for all if empty
 * @param rates learning rates of tensors by patterns of their keys
 * @param hooks make what is done between the steps of a run, beside what the methods do
 * @param workers the processes that train together
 */
record Training<B extends Batch>(
    PeftModel<ComputationGraph> model,
    FineTuningSettings settings,
    Objective<B> objective,
    DataSource<B> data,
    Optional<Examples<B>> evaluation,
    OptimizerFactory optimizer,
    Optional<ParameterGroups> groups,
    Map<String, Double> rates,
    List<Supplier<TrainingHook>> hooks,
    Workers workers) {

  Training {
    rates = Collections.unmodifiableMap(new LinkedHashMap<>(rates));
    hooks = List.copyOf(hooks);
  }

  /** The same with other numbers; rates of tensors keep their ratio to the rate of all. */
  Training<B> sweeping(FineTuningSettings value) {
    Map<String, Double> scaled = new LinkedHashMap<>(rates);
    scaled.replaceAll((pattern, rate) -> rate / settings.learningRate() * value.learningRate());
    return new Training<>(
        model, value, objective, data, evaluation, optimizer, groups, scaled, hooks, workers);
  }

  /** What a checkpoint holds of the numbers. */
  SavedSettings saved() {
    return settings.saved(rates, workers.size());
  }

  /** The rates and decays of the single tensors. */
  ParameterGroups allGroups() {
    ParameterGroups others = groups.orElseGet(() -> DecayOfMatrices.of(settings, model));
    return NamedRates.of(others, rates, model.training().places());
  }
}
