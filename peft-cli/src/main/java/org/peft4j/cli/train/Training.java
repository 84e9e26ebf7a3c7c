package org.peft4j.cli.train;

import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.OptionNames;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.TaskData;
import org.peft4j.cli.options.Wording;
import org.peft4j.cli.preference.ReferenceChoice;
import org.peft4j.cli.runfile.EffectiveOptions;
import org.peft4j.cli.runfile.SameRun;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.start.DataStart;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTunerBuilder;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.FineTuningSettingsBuilder;
import org.peft4j.train.StartFromData;
import org.peft4j.train.card.ModelCard;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.optimizer.StandardOptimizer;
import org.peft4j.train.parallel.WorkerRows;
import org.peft4j.train.parallel.Workers;
import org.peft4j.train.report.ReportFile;
import org.peft4j.train.schedule.Schedules;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.AdapterTask;

/** A run of {@code peft train}, from options to a saved adapter. */
final class Training {
  /** First values need far fewer sequences than a training. */
  private static final int START_SEQUENCES = 1024;

  private static final int SHOWN_LABELS = 20;

  private static final Set<String> PATHS =
      Set.of("model", "output", "data", "adapter", "adapter-config", "original", "eval", "resume");

  private static final OptionNames OPTIONS =
      new OptionNames(
          Map.ofEntries(
              Map.entry("epochs", "--epochs"),
              Map.entry("steps", "--steps"),
              Map.entry("batchSize", "--batch-size"),
              Map.entry("gradientAccumulation", "--grad-accumulation"),
              Map.entry("learningRate", "--learning-rate"),
              Map.entry("weightDecay", "--weight-decay"),
              Map.entry("warmupSteps", "--warmup-steps"),
              Map.entry("maxGradNorm", "--max-grad-norm"),
              Map.entry("evalEvery", "--eval-every"),
              Map.entry("labelSmoothing", "--label-smoothing"),
              Map.entry("neftuneAlpha", "--neftune-alpha"),
              Map.entry("groupByLength", "--group-by-length"),
              Map.entry("warmupRatio", "--warmup-ratio")));

  private final TrainCommand command;
  private final TrainingOptions options;
  private final Workers workers;
  private final PrintWriter out;

  Training(TrainCommand command, PrintWriter out) {
    this.command = command;
    this.options = command.training;
    this.workers = command.together();
    this.out = workers.first() ? out : new PrintWriter(Writer.nullWriter());
  }

  /** Checks everything it can without the data, before the slow work of loading and training. */
  Preparation check() {
    settings();
    OpenModel.check(command.model);
    Optional<Path> checkpoint = command.checkpoint();
    ReferenceChoice.check(command.preferences, true);
    Preparation prepared = Preparation.of(command);
    LoftqStart.of(command, prepared.config());
    checkpoint.ifPresent(
        folder -> SameRun.require(folder.resolveSibling(""), command.commandLine()));
    return prepared;
  }

  void run() {
    Preparation prepared = check();
    Optional<Path> checkpoint = command.checkpoint();
    if (command.printConfig) {
      read(prepared);
      out.print(EffectiveOptions.yaml(command.commandLine()));
    } else if (command.kept.tries() || !workers.first()) {
      run(prepared, read(prepared), checkpoint);
    } else {
      try (OutputFolder output = OutputFolder.prepare(command.output)) {
        run(prepared, read(prepared), checkpoint);
      }
    }
  }

  private TaskData<? extends Batch> read(Preparation prepared) {
    TaskData<? extends Batch> data = prepared.read(command);
    prepared
        .recommended()
        .ifPresent(
            numbers ->
                numbers.training(
                    data.examples().size(),
                    // What is printed then is a file.
                    command.printConfig ? Output.error(command.spec) : out));
    return data;
  }

  private <B extends Batch> void run(
      Preparation prepared, TaskData<B> read, Optional<Path> checkpoint) {
    FineTuningSettings settings = settings();
    TaskHead head = prepared.head();
    Optional<PeftConfig> config = prepared.config();
    Optional<DataStart> start = config.flatMap(DataStart::of);
    Optional<LoftqStart> loftq = LoftqStart.of(command, config);
    Optional<PeftConfig> first =
        config
            .map(asked -> start.map(s -> s.before(asked)).orElse(asked))
            .map(asked -> loftq.map(s -> s.before(asked)).orElse(asked));
    Wording wording = new Wording(head.task(), command.preferences.predictions());
    try (OpenModel open = open(head, first);
        ReferenceChoice reference = reference(open)) {
      PeftModel<ComputationGraph> model = open.wrapped().orElseThrow();
      TaskData<B> data = reference.on(read);
      start.ifPresent(asked -> start(asked, model, texts(asked, data)));
      if (checkpoint.isEmpty()) {
        loftq.ifPresent(
            asked ->
                out.printf(
                    Locale.ROOT,
                    "loftq: first values of %,d modules from %s%n",
                    asked.apply(open),
                    asked.original()));
      }
      SafeSave save =
          SafeSave.to(
              command.output,
              options.saveEmbeddings,
              folder -> {
                AdapterTask.write(folder, command.model, open.base().architecture());
                command.data.supervised.saveTemplate(folder);
              });
      if (workers.first()) {
        save.requireRoom(model);
      }
      command.task.tell(open.wrapped());
      out.println(model.trainableParameters());
      head.labels().ifPresent(this::describe);
      out.println("training data: " + wording.size(data.examples()));
      data.evaluation().ifPresent(held -> out.println("evaluation data: " + wording.size(held)));
      FineTunerBuilder<B> builder =
          FineTuner.builder(model, data.objective())
              .data(data.examples())
              .settings(settings)
              .workers(workers, WorkerRows.SHARED)
              .optimizer(
                  options.optimizer.map(StandardOptimizer::named).orElse(StandardOptimizer.ADAMW));
      data.evaluation().ifPresent(builder::evaluation);
      checkpoint.ifPresent(builder::resumeFrom);
      MethodOptions.given(command.commandLine())
          .groups(model.config(Peft.DEFAULT_ADAPTER), options.weightDecay)
          .ifPresent(builder::groups);
      command.kept.addTo(builder, command.output);
      options.rates.forEach(builder::learningRateOf);
      command.listeners().forEach(builder::listener);
      if (command.kept.dryRun) {
        dryRun(open, data, settings, wording, builder);
      } else if (command.kept.findLearningRate) {
        RateSearch.run(builder.build(), out);
      } else if (!workers.first()) {
        follow(builder.build());
      } else {
        Samples samples = Samples.before(open, command.model, command.kept.samples);
        new GuardedRun(
                model,
                save,
                command.output,
                EffectiveOptions.yaml(command.commandLine()),
                evaluation -> card(model, head.task(), evaluation),
                command.kept.listeners(command.output),
                wording,
                out)
            .train(builder);
        samples.write(command.output);
        if (command.kept.report) {
          Path page = command.output.resolve("report.html");
          ReportFile.write(List.of(command.output), page);
          out.println("report written to " + page);
        }
      }
    }
  }

  /** Another worker writes what all have trained. */
  private static void follow(FineTuner tuner) {
    try (GracefulStop stop = GracefulStop.calling(tuner::stop)) {
      tuner.run();
    }
  }

  /** Options that are paths are of this machine: the card leaves them out. */
  private ModelCard card(
      PeftModel<ComputationGraph> model, Task task, Optional<Evaluation> evaluation) {
    Map<String, String> given = EffectiveOptions.given(command.commandLine());
    given.keySet().removeAll(PATHS);
    return new ModelCard(
        String.valueOf(command.output.toAbsolutePath().normalize().getFileName()),
        model.config(Peft.DEFAULT_ADAPTER),
        task,
        model.trainableParameters(),
        String.valueOf(command.data.data.getFileName()),
        evaluation,
        given);
  }

  private <B extends Batch> void dryRun(
      OpenModel open,
      TaskData<B> data,
      FineTuningSettings settings,
      Wording wording,
      FineTunerBuilder<B> builder) {
    FineTuner[] tuner = new FineTuner[1];
    DryRun<B> dry = new DryRun<>(open, data, settings, wording, () -> tuner[0].stop());
    tuner[0] = builder.listener(dry).build();
    dry.run(tuner[0], modelOptions(), out);
  }

  private static Examples<TokenBatch> texts(DataStart start, TaskData<?> data) {
    return data.texts()
        .orElseThrow(
            () ->
                new PeftException(
                    start.name()
                        + " takes first values from texts, and this model reads pictures; choose"
                        + " other first values."));
  }

  private void start(
      DataStart start, PeftModel<ComputationGraph> model, Examples<TokenBatch> texts) {
    int used =
        StartFromData.run(
            model,
            start.begin(model, Peft.DEFAULT_ADAPTER),
            texts,
            START_SEQUENCES,
            command.data.batchSize);
    out.printf(Locale.ROOT, "%s: first values from %,d sequences%n", start.name(), used);
  }

  private ReferenceChoice reference(OpenModel open) {
    return ReferenceChoice.open(
        command.preferences, open.base().graph(), open.wrapped().orElseThrow());
  }

  private OpenModel open(TaskHead head, Optional<PeftConfig> config) {
    return OPTIONS.in(
        () ->
            config
                .map(
                    fresh ->
                        OpenModel.withNewAdapter(
                            command.model, head, fresh, options.seed, modelOptions()))
                .orElseGet(
                    () ->
                        OpenModel.toTrain(
                            command.model,
                            head,
                            command.adapter.adapter.orElseThrow(),
                            command.adapter.dropout,
                            modelOptions())));
  }

  private TransformerOptions modelOptions() {
    return command
        .precision
        .options()
        .withGradientCheckpointing(options.gradientCheckpointing)
        .withLabelSmoothing(options.labelSmoothing)
        .withNeftuneAlpha(options.neftuneAlpha);
  }

  private void describe(Labels labels) {
    List<String> names = labels.names();
    List<String> shown = names.subList(0, Math.min(SHOWN_LABELS, names.size()));
    out.printf(
        Locale.ROOT,
        "%,d label%s: %s%s%n",
        names.size(),
        names.size() == 1 ? "" : "s",
        String.join(", ", shown),
        names.size() > SHOWN_LABELS ? ", …" : "");
  }

  FineTuningSettings settings() {
    FineTuningSettingsBuilder builder =
        FineTuningSettings.builder()
            .batchSize(command.data.batchSize)
            .dropLast(options.dropLast)
            .gradientAccumulation(options.gradAccumulation)
            .learningRate(options.learningRate)
            .weightDecay(options.weightDecay)
            .decayAll(options.decayAll)
            .warmupSteps(options.warmupSteps)
            .warmupRatio(options.warmupRatio)
            .schedule(Schedules.parse(options.schedule))
            .maxGradNorm(options.maxGradNorm)
            .shuffle(!options.noShuffle)
            .groupByLength(options.groupByLength)
            .seed(options.seed)
            .evalEvery(options.evalEvery);
    options.epochs.ifPresent(builder::epochs);
    options.steps.ifPresent(builder::steps);
    return OPTIONS.in(builder::build);
  }
}
