package org.peft4j.cli.train;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.DataSplit;
import org.peft4j.cli.options.NewAdapter;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.OptionNames;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.start.DataStart;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTunerBuilder;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.FineTuningSettingsBuilder;
import org.peft4j.train.StartFromData;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.task.DataFiles;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.MetricsFile;
import org.peft4j.train.optimizer.StandardOptimizer;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.tokenizer.Tokenizer;

/** A run of {@code peft train}, from options to a saved adapter. */
final class Training {
  /** First values need far fewer sequences than a training. */
  private static final int START_SEQUENCES = 1024;

  private static final OptionNames OPTIONS =
      new OptionNames(
          Map.of(
              "epochs", "--epochs",
              "steps", "--steps",
              "batchSize", "--batch-size",
              "gradientAccumulation", "--grad-accumulation",
              "learningRate", "--learning-rate",
              "weightDecay", "--weight-decay",
              "warmupSteps", "--warmup-steps",
              "maxGradNorm", "--max-grad-norm",
              "evalEvery", "--eval-every"));

  private final TrainCommand command;
  private final TrainingOptions options;
  private final PrintWriter out;

  Training(TrainCommand command, PrintWriter out) {
    this.command = command;
    this.options = command.training;
    this.out = out;
  }

  void run() {
    // Checks everything it can before the slow work of loading and training.
    FineTuningSettings settings = settings();
    OpenModel.check(command.model);
    Optional<PeftConfig> config = config();
    try (OutputFolder output = OutputFolder.prepare(command.output)) {
      run(settings, config);
    }
  }

  private void run(FineTuningSettings settings, Optional<PeftConfig> config) {
    Optional<DataSplit> split =
        options.evalSplit.map(share -> DataSplit.of(command.data, command.model, share));
    TrainingData data =
        split.map(DataSplit::training).orElseGet(() -> DataSplit.all(command.data, command.model));
    Optional<TrainingData> evaluation =
        split.map(DataSplit::evaluation).or(() -> options.eval.map(this::read));
    Optional<DataStart> start = config.flatMap(DataStart::of);
    Optional<PeftConfig> first = config.map(asked -> start.map(s -> s.before(asked)).orElse(asked));
    try (OpenModel open = open(first)) {
      PeftModel<ComputationGraph> model = open.wrapped().orElseThrow();
      start.ifPresent(asked -> start(asked, model, data));
      SafeSave.to(command.output, options.saveEmbeddings).requireRoom(model);
      command.task.tell(open.wrapped());
      out.println(model.trainableParameters());
      describe("training", data);
      evaluation.ifPresent(heldOut -> describe("evaluation", heldOut));
      FineTunerBuilder<TokenBatch> builder =
          FineTuner.builder(model, data)
              .settings(settings)
              .optimizer(
                  options.optimizer.map(StandardOptimizer::named).orElse(StandardOptimizer.ADAMW));
      evaluation.ifPresent(builder::evaluation);
      MethodOptions.given(command.commandLine())
          .groups(model.config(Peft.DEFAULT_ADAPTER), options.weightDecay)
          .ifPresent(builder::groups);
      train(model, builder);
    }
  }

  private void start(DataStart start, PeftModel<ComputationGraph> model, TrainingData data) {
    int used =
        StartFromData.run(
            model,
            start.begin(model, Peft.DEFAULT_ADAPTER),
            data,
            START_SEQUENCES,
            command.data.batchSize);
    out.printf(Locale.ROOT, "%s: first values from %,d sequences%n", start.name(), used);
  }

  /** The config of a new adapter; empty to continue with a saved one. */
  private Optional<PeftConfig> config() {
    return command.adapter.adapter.isPresent()
        ? Optional.empty()
        : Optional.of(
            NewAdapter.config(command.adapter, command.model, options.steps).encoded(this::tokens));
  }

  private int[] tokens(String text) {
    try (Tokenizer tokenizer = Tokenizer.load(command.model)) {
      return tokenizer.encode(text, true);
    }
  }

  private OpenModel open(Optional<PeftConfig> config) {
    return config
        .map(fresh -> OpenModel.withNewAdapter(command.model, fresh, options.seed, modelOptions()))
        .orElseGet(
            () ->
                OpenModel.toTrain(
                    command.model,
                    command.adapter.adapter.orElseThrow(),
                    command.adapter.dropout,
                    modelOptions()));
  }

  private TransformerOptions modelOptions() {
    return command
        .precision
        .options()
        .withGradientCheckpointing(options.gradientCheckpointing)
        .withLabelSmoothing(options.labelSmoothing);
  }

  private void describe(String what, TrainingData data) {
    out.printf(
        Locale.ROOT,
        "%s data: %,d sequences, %,d labelled tokens%n",
        what,
        data.size(),
        data.labelled());
  }

  private void train(PeftModel<ComputationGraph> model, FineTunerBuilder<TokenBatch> builder) {
    try (MetricsFile metrics = new MetricsFile(command.output.resolve("metrics.jsonl"));
        Progress progress = Progress.to(out)) {
      fit(model, builder.listener(progress).listener(metrics).build(), progress);
    }
  }

  private void fit(PeftModel<ComputationGraph> model, FineTuner tuner, Progress progress) {
    try (GracefulStop stop = GracefulStop.calling(tuner::stop)) {
      FineTuningResult result = run(model, tuner, progress);
      progress.close();
      if (result.steps() == 0) {
        throw new PeftException("Interrupted before the first step; nothing was saved.");
      }
      SafeSave.to(command.output, options.saveEmbeddings).save(model);
      out.println(progress.summary(result));
      out.println("adapter saved in " + command.output);
    }
  }

  /** What ends a training early does not lose the adapter. */
  private FineTuningResult run(
      PeftModel<ComputationGraph> model, FineTuner tuner, Progress progress) {
    try {
      return tuner.run();
    } catch (NonFiniteException e) {
      throw e;
    } catch (PeftException e) {
      if (progress.steps() > 0) {
        SafeSave.to(command.output, options.saveEmbeddings).save(model);
        throw new PeftException(
            e.getMessage()
                + " The adapter of step "
                + progress.steps()
                + " is in "
                + command.output
                + ".",
            e);
      }
      throw e;
    }
  }

  private TrainingData read(Path file) {
    return DataFiles.of(command.model).withSequenceLength(command.data.sequenceLength).read(file);
  }

  private FineTuningSettings settings() {
    FineTuningSettingsBuilder builder =
        FineTuningSettings.builder()
            .batchSize(command.data.batchSize)
            .dropLast(options.dropLast)
            .gradientAccumulation(options.gradAccumulation)
            .learningRate(options.learningRate)
            .weightDecay(options.weightDecay)
            .decayAll(options.decayAll)
            .warmupSteps(options.warmupSteps)
            .schedule(options.schedule)
            .maxGradNorm(options.maxGradNorm)
            .shuffle(!options.noShuffle)
            .seed(options.seed)
            .evalEvery(options.evalEvery);
    options.epochs.ifPresent(builder::epochs);
    options.steps.ifPresent(builder::steps);
    return OPTIONS.in(builder::build);
  }
}
