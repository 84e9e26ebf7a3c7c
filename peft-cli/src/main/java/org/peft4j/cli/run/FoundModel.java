package org.peft4j.cli.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.LoadedAdapters;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.OptionNames;
import org.peft4j.cli.options.PrecisionOption;
import org.peft4j.cli.options.TaskArgument;
import org.peft4j.cli.options.WeightedFolder;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.transformers.AutoPeft;
import org.peft4j.transformers.BaseModels;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.AdapterTask;
import org.peft4j.transformers.family.Families;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of commands whose model may be the one that the adapter names. */
final class FoundModel {
  /** What a user of the command does instead of what a user of the API does. */
  private static final OptionNames ADVICE =
      new OptionNames(
          Map.of(
              "Open the model, and give it the adapter: model.adapt(folder)",
              "Give it with --model",
              "Save the model there, or say where it is: AutoPeft.load(adapter,"
                  + " BaseModels.in(folderOfModels))",
              "Save the model there, or give its folder with --model"));

  @Option(
      names = {"-m", "--model"},
      paramLabel = "DIR",
      description =
          "Folder of a Hugging Face checkpoint: config.json, safetensors, tokenizer.json (default:"
              + " the folder that the adapter names).")
  Optional<Path> model = Optional.empty();

  @Option(
      names = {"-a", "--adapter"},
      paramLabel = "DIR[=W]",
      converter = WeightedFolder.Converter.class,
      description =
          "Folder of an adapter for that model, written by this command or by Python. Repeatable:"
              + " all act together, each times its weight W (default: 1).")
  List<WeightedFolder> adapters = new ArrayList<>();

  @Mixin PrecisionOption precision = new PrecisionOption();

  /**
   * The folder of the model.
   *
   * @throws ParameterException if neither a model nor an adapter is given
   * @throws PeftException if it is not there, or of no supported family
   */
  public Path folder(@Nullable CommandSpec spec) {
    if (model.isEmpty() && adapters.isEmpty()) {
      throw new ParameterException(
          Objects.requireNonNull(spec).commandLine(),
          "give --model, or an --adapter that names its base model");
    }
    Path folder =
        model.orElseGet(
            () -> ADVICE.in(() -> AutoPeft.base(adapters.get(0).folder(), BaseModels.named())));
    OpenModel.check(folder);
    // First, because the model takes longer to load.
    adapters.forEach(adapter -> AdapterFiles.readConfig(adapter.folder()));
    return folder;
  }

  /**
   * The head of the model: the one that the first adapter was trained with, or its own.
   *
   * @param asked what {@code --task} says, which an adapter may leave open
   * @throws PeftException if the adapter, or without one the model, is for another task
   */
  public TaskHead head(Path folder, Optional<Task> asked) {
    if (adapters.isEmpty()) {
      TaskHead own = AdapterTask.head(Families.read(folder));
      requireTask(asked, own.task(), "the model " + folder);
      return own;
    }
    Path adapter = adapters.get(0).folder();
    if (asked.isPresent() && AdapterFiles.readConfig(adapter).common().taskType().isEmpty()) {
      return AdapterTask.of(adapter, folder, asked);
    }
    TaskHead trained = AdapterTask.of(adapter, folder);
    requireTask(asked, trained.task(), "the adapter " + adapter);
    return trained;
  }

  private static void requireTask(Optional<Task> asked, Task own, String what) {
    if (asked.isPresent() && asked.get() != own) {
      throw new PeftException(
          "--task is %s, and %s is for the task %s; leave --task out."
              .formatted(TaskArgument.typed(asked.get()), what, TaskArgument.typed(own)));
    }
  }

  /**
   * The body of the model, without a head.
   *
   * @param asked what {@code --task} says
   * @throws PeftException if an adapter is for another task, or another one is asked for
   */
  public TaskHead encoder(Optional<Task> asked) {
    requireTask(asked, Task.FEATURE_EXTRACTION, "a model of vectors");
    for (WeightedFolder adapter : adapters) {
      AdapterFiles.readConfig(adapter.folder())
          .common()
          .taskType()
          .filter(task -> !task.equals(Task.FEATURE_EXTRACTION.name()))
          .ifPresent(
              task -> {
                throw new PeftException(
                    "%s is an adapter for the task %s; vectors come from adapters for %s. For what it predicts, use 'peft predict'."
                        .formatted(adapter.folder(), task, Task.FEATURE_EXTRACTION));
              });
    }
    return TaskHead.of(Task.FEATURE_EXTRACTION);
  }

  /**
   * The model, which predicts with the adapters. The tokenizer of a single adapter's folder goes
   * before the model's.
   */
  public OpenModel open(Path folder, TaskHead head) {
    TransformerModel base = Transformers.open(folder, head, precision.options());
    try {
      if (adapters.isEmpty()) {
        return new OpenModel(base, Optional.empty());
      }
      if (adapters.size() == 1 && adapters.get(0).weight() == 1) {
        base.adapt(adapters.get(0).folder()); // It is closed with the model.
        return new OpenModel(base, Optional.empty());
      }
      PeftModel<ComputationGraph> peft = LoadedAdapters.active(base.graph(), adapters);
      base.use(peft);
      return new OpenModel(base, Optional.of(peft));
    } catch (RuntimeException e) {
      base.close();
      throw e;
    }
  }
}
