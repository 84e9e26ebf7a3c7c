package org.peft4j.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.method.ParameterGroups;
import org.peft4j.method.TrainingHook;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.DataSource;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.internal.CheckpointFolder;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.metrics.WatchedMetric;
import org.peft4j.train.objective.Objective;
import org.peft4j.train.optimizer.OptimizerFactory;
import org.peft4j.train.optimizer.StandardOptimizer;
import org.peft4j.train.parallel.WorkerRows;
import org.peft4j.train.parallel.Workers;
import org.peft4j.train.schedule.Schedule;
import org.peft4j.train.stop.EarlyStopping;
import org.peft4j.train.stop.StoppingRule;

/**
 * Builds a {@link FineTuner}.
 *
 * @param <B> the batches that its objective takes
 */
public final class FineTunerBuilder<B extends Batch> {
  private final PeftModel<ComputationGraph> model;
  private final List<TrainingListener> listeners = new ArrayList<>();
  private final List<Supplier<TrainingHook>> hooks = new ArrayList<>();
  private Objective<B> objective;
  private FineTuningSettings settings = FineTuningSettings.builder().build();
  private OptimizerFactory optimizer = StandardOptimizer.ADAMW;
  private @Nullable Function<FineTuningSettings, DataSource<B>> data;
  private @Nullable Schedule schedule;
  private @Nullable ParameterGroups groups;
  private @Nullable Examples<B> evaluation;
  private @Nullable CheckpointFolder checkpoints;
  private @Nullable Path resumeFrom;
  private final Map<String, Double> rates = new LinkedHashMap<>();
  private final List<StoppingRule> rules = new ArrayList<>();
  private @Nullable WatchedMetric best;
  private Workers workers = Workers.alone();
  private WorkerRows rows = WorkerRows.SHARED;

  FineTunerBuilder(PeftModel<ComputationGraph> model, Objective<B> objective) {
    this.model = model;
    this.objective = objective;
  }

  /** The numbers of the training; the defaults of {@link FineTuningSettings#builder} otherwise. */
  public FineTunerBuilder<B> settings(FineTuningSettings value) {
    settings = value;
    return this;
  }

  /**
   * Examples to train on: the settings say in which order, how many at once, and how often. A
   * warning tells of {@link TrainingData} longer than the model's positions; {@link #build} refuses
   * it where these are a table.
   */
  public FineTunerBuilder<B> data(Examples<B> value) {
    data =
        numbers -> {
          LongestSequence.check(model.base(), model.network(), value);
          return new EpochSource<>(value, numbers, workers, rows);
        };
    return this;
  }

  /**
   * Batches to train on. The settings of order, batches, steps and epochs do not matter then. Of
   * several workers, each has a source of its own, with as many steps as the others'.
   */
  public FineTunerBuilder<B> data(DataSource<B> value) {
    data = numbers -> value;
    return this;
  }

  /** What to minimise, in training and evaluation. */
  public FineTunerBuilder<B> objective(Objective<B> value) {
    objective = value;
    return this;
  }

  /**
   * How parameters follow their gradients: {@link StandardOptimizer}, or one of your own; AdamW by
   * default.
   */
  public FineTunerBuilder<B> optimizer(OptimizerFactory value) {
    optimizer = value;
    return this;
  }

  /** The schedule of the learning rate, instead of the settings' schedule. */
  public FineTunerBuilder<B> schedule(Schedule value) {
    schedule = value;
    return this;
  }

  /** Examples for evaluation, at the end and at the settings' interval; none by default. */
  public FineTunerBuilder<B> evaluation(Examples<B> value) {
    evaluation = value;
    return this;
  }

  /** One more listener. Listeners are called in the order in which they were added. */
  public FineTunerBuilder<B> listener(TrainingListener value) {
    listeners.add(value);
    return this;
  }

  /**
   * Learning rates and decays by tensor, as in LoRA+; by default the settings' for all, without
   * decay of norms and biases.
   *
   * @throws PeftException if they are set already: the rates of two cannot both hold
   */
  public FineTunerBuilder<B> groups(ParameterGroups value) {
    if (groups != null && !groups.equals(value)) {
      throw new PeftException(
          "The learning rates of the tensors are set twice, by "
              + groups
              + " and by "
              + value
              + ". Give one ParameterGroups that says what each tensor has.");
    }
    groups = value;
    return this;
  }

  /**
   * The highest learning rate of the tensors in whose keys a pattern is found, instead of the
   * settings' or the groups'. The first pattern that is found holds.
   *
   * @param pattern in Python's language: {@code lora_B}, {@code layers\\.[01]\\.}
   * @param rate 0 and above; the schedule multiplies it
   * @throws PeftException if the rate or the pattern is not allowed
   */
  public FineTunerBuilder<B> learningRateOf(String pattern, double rate) {
    if (!(rate >= 0 && Double.isFinite(rate))) {
      throw new PeftException(
          "The learning rate of "
              + Quoted.quoted(pattern)
              + " is "
              + rate
              + "; allowed: 0 and above, finite.");
    }
    NamedRates.pattern(pattern);
    rates.put(pattern, rate);
    return this;
  }

  /**
   * Additional work between the steps, beside the methods' own.
   *
   * @param value makes the hook when a run begins, which closes it at its end
   */
  public FineTunerBuilder<B> hook(Supplier<TrainingHook> value) {
    hooks.add(value);
    return this;
  }

  /**
   * Where to write checkpoints; nowhere by default. A training that is stopped writes one, too. The
   * last two are kept.
   *
   * @param every steps between checkpoints, 1 and above; 0 for one when the training is stopped
   * @throws PeftException if {@code every} is not allowed
   */
  public FineTunerBuilder<B> checkpoints(Path folder, long every) {
    return checkpoints(folder, every, 2);
  }

  /**
   * The same with another number of checkpoints.
   *
   * @param kept how many are kept, the last ones; 1 and above
   */
  public FineTunerBuilder<B> checkpoints(Path folder, long every, int kept) {
    checkpoints = new CheckpointFolder(folder, every, kept);
    return this;
  }

  /**
   * Ends the training early, with an evaluation and a checkpoint: {@link
   * org.peft4j.train.stop.EarlyStopping}, {@link org.peft4j.train.stop.TimeBudget}, {@link
   * org.peft4j.train.stop.TokenBudget} or a rule of your own. May be called several times; the
   * first rule that holds ends it.
   */
  public FineTunerBuilder<B> stopWhen(StoppingRule value) {
    rules.add(value);
    return this;
  }

  /**
   * Keeps the checkpoint of the best evaluation, beside the last ones. At its end, the run gives
   * the model the adapter of that one. Needs {@link #evaluation}, {@link #checkpoints(Path, long)}
   * and an interval of evaluations.
   */
  public FineTunerBuilder<B> keepBest(WatchedMetric value) {
    best = value;
    return this;
  }

  /**
   * Trains together with other processes, each with the same model, adapter and settings: N workers
   * with batches of B train as one with batches of N · B. All get the same adapter, bit for bit.
   * The first one alone tells listeners and writes checkpoints, which all must reach to resume.
   *
   * @param value stays open; the caller closes it
   * @param whose which of the {@link #data(Examples) examples} a worker has; those of an evaluation
   *     are shared
   */
  public FineTunerBuilder<B> workers(Workers value, WorkerRows whose) {
    workers = value;
    rows = whose;
    return this;
  }

  /**
   * Continues from a checkpoint, such as {@link Checkpoints#latest}, instead of from the start. The
   * model must have the same adapters active; data, settings, objective and optimizer must be those
   * of the training that was stopped. Only {@code evalEvery} may differ, and the number of steps
   * with a constant rate.
   */
  public FineTunerBuilder<B> resumeFrom(Path checkpoint) {
    resumeFrom = checkpoint;
    return this;
  }

  /**
   * Builds.
   *
   * @throws PeftException if there is no data, or data that the model or the settings do not allow,
   *     or no adapter of the model is active
   */
  public FineTuner build() {
    if (data == null) {
      throw new PeftException("There is no data to train on. Give some with data(…).");
    }
    if (model.active().isEmpty()) {
      throw new PeftException(
          "No adapter is active, so nothing would train. Activate one of "
              + model.adapters()
              + " with setActive, or add one.");
    }
    if (evaluation != null) {
      LongestSequence.check(model.base(), model.network(), evaluation);
    }
    requireEvaluations();
    if (!rates.isEmpty() && settings.learningRate() == 0) {
      throw new PeftException(
          "learningRate is 0, and tensors have rates of their own: " + rates + "; set it above 0.");
    }
    FineTuningSettings numbers = schedule == null ? settings : settings.withSchedule(schedule);
    return new FineTuner(
        new Training<>(
            model,
            numbers,
            objective,
            data.apply(numbers),
            Optional.ofNullable(evaluation),
            optimizer,
            Optional.ofNullable(groups),
            rates,
            hooks,
            workers),
        workers.first() ? listeners : List.of(),
        Optional.ofNullable(checkpoints),
        new Decisions(rules, Optional.ofNullable(best)),
        Optional.ofNullable(resumeFrom));
  }

  /** What goes by evaluations needs some before the last step. */
  private void requireEvaluations() {
    boolean early = rules.stream().anyMatch(EarlyStopping.class::isInstance);
    if (!early && best == null) {
      return;
    }
    String what = early ? "Early stopping" : "The best checkpoint";
    if (evaluation == null) {
      throw new PeftException(what + " goes by evaluations, and there is no data for them.");
    }
    if (settings.evalEvery() == 0) {
      throw new PeftException(
          what + " goes by evaluations on the way, and evalEvery is 0; set it to 1 or above.");
    }
    if (best != null && checkpoints == null) {
      throw new PeftException("The best checkpoint is to be kept, and none is written.");
    }
  }
}
