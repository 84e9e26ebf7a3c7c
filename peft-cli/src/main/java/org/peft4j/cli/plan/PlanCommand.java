package org.peft4j.cli.plan;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.AdapterOptions;
import org.peft4j.cli.options.NewAdapter;
import org.peft4j.cli.options.OptimizerName;
import org.peft4j.cli.options.OptionNames;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.PrecisionOption.Offload;
import org.peft4j.cli.options.PrecisionOption.OffloadText;
import org.peft4j.cli.options.QuantizationOptions;
import org.peft4j.cli.options.TaskArgument;
import org.peft4j.config.PeftConfig;
import org.peft4j.diffusion.Diffusion;
import org.peft4j.diffusion.plan.PictureBatch;
import org.peft4j.diffusion.plan.UNetPlanner;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.train.optimizer.StandardOptimizer;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.AdapterTask;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.plan.TrainingBatch;
import org.peft4j.transformers.plan.TransformerPlan;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code peft plan}: reports what an adapter would train, its size and the memory of its training.
 */
@Command(
    name = "plan",
    customSynopsis = "peft plan PATH [OPTION]...",
    header = "Report what an adapter would train, its size and the memory of its training.",
    description = {
      "Reads only config.json: models of any size are quick, and need not be here.",
      "Memory is an estimate of arrays; the JVM and its libraries take 300 to 500 MB more."
    },
    footer = {
      "",
      "Examples:",
      "  peft plan my-model --rank 8 --target q_proj,v_proj",
      "  peft plan config.json --rank 16 --target all-linear --batch 4 --length 512 --json",
      "  peft plan stable-diffusion/unet --target to_q,to_k,to_v,to_out.0 --batch 1"
    })
public final class PlanCommand implements Runnable {
  /** More steps than any schedule needs to begin; the number itself changes no plan. */
  private static final long STEPS = 1_000_000;

  private static final int LATENT_PART = 8;
  private static final Map<String, String> NAMES =
      Map.of("The number of pictures", "--batch", "The side", "--length, divided by 8,");

  private static final OptionNames OPTIONS =
      new OptionNames(Map.of("The number of sequences", "--batch", "The length", "--length"));

  @Spec @Nullable CommandSpec spec;

  @Parameters(paramLabel = "PATH", description = "A config.json, or a model folder with one.")
  Path path = Path.of("");

  @Option(
      names = {"--batch", "--batch-size"},
      paramLabel = "N",
      defaultValue = "8",
      description = "Sequences in a batch (default: ${DEFAULT-VALUE}).")
  int batch;

  @Option(
      names = {"--length", "--sequence-length"},
      paramLabel = "N",
      defaultValue = "512",
      description =
          "Tokens in a sequence; of a UNet, the pixels of a picture's side, eight for each of its"
              + " latents' (default: ${DEFAULT-VALUE}).")
  int length;

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      description =
          "Precision of frozen matrices and embeddings: fp32 or bf16 (default: report both).")
  Optional<Precision> precision = Optional.empty();

  @Option(
      names = "--task",
      paramLabel = "TASK",
      converter = TaskArgument.Converter.class,
      description =
          "What the model is for, as in train (default: what the adapter or config.json says).")
  Optional<TaskArgument> task = Optional.empty();

  @Option(
      names = "--num-labels",
      paramLabel = "N",
      description =
          "Labels of a new head, for seq-cls and token-cls (default: the model's own, or 2).")
  Optional<Integer> labels = Optional.empty();

  @Mixin QuantizationOptions quantization = new QuantizationOptions();

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      converter = OptimizerName.class,
      description =
          "The optimizer whose state counts, as of peft train; paged-adamw's is in a file (default:"
              + " adamw).")
  Optional<String> optimizer = Optional.empty();

  @Option(
      names = "--offload",
      paramLabel = "disk[:SIZE]",
      converter = OffloadText.class,
      description =
          "disk: the weights of blocks stay in their file, one block in memory." + Offload.KEEPING)
  Optional<Offload> offload = Optional.empty();

  @Option(names = "--json", description = "Print JSON, with all numbers in bytes.")
  boolean json;

  @ArgGroup(validate = false, order = 1, heading = "%nThe adapter:%n")
  AdapterOptions adapter = new AdapterOptions();

  @Override
  public void run() {
    adapter
        .contradiction()
        .ifPresent(
            text -> {
              throw new ParameterException(Objects.requireNonNull(spec).commandLine(), text);
            });
    PeftConfig config =
        adapter
            .adapter
            .map(AdapterFiles::readConfig)
            .orElseGet(() -> NewAdapter.config(adapter, path, asked(), Optional.of(STEPS)));
    List<Precision> told = precision.map(List::of).orElse(List.of(Precision.values()));
    PlannedRun run = Diffusion.isModel(path) ? ofPictures(config) : ofTexts(config);
    Output.of(spec).print(json ? new PlanJson(run, told).text() : new PlanText(run, told).text());
  }

  private PlannedRun ofTexts(PeftConfig config) {
    TrainingBatch size = OPTIONS.in(() -> new TrainingBatch(batch, length));
    TransformerPlan plan = Transformers.plan(path, head(config), config, size);
    boolean pictures = !Families.read(path).readsText();
    return PlannedRun.of(plan, pictures, quantization.of(path), chosen(), offload);
  }

  /** The autoencoder of Stable Diffusion makes latents of an eighth of a picture's extents. */
  private PlannedRun ofPictures(PeftConfig config) {
    if (task.isPresent() || labels.isPresent()) {
      throw new PeftException(
          "--task and --num-labels are for transformers; "
              + path
              + " is of diffusers. Leave them out.");
    }
    if (offload.isPresent() && quantization.value().isPresent()) {
      throw new PeftException(
          "--offload and --quantization do not go together for "
              + path
              + ": weights of pictures' models stay in their file only as they lie there. Leave one"
              + " out.");
    }
    int side = Math.max(1, length / LATENT_PART);
    PictureBatch size = new OptionNames(NAMES).in(() -> new PictureBatch(batch, side));
    return PlannedRun.of(
        UNetPlanner.plan(path, config, size), quantization.value(), chosen(), offload);
  }

  private StandardOptimizer chosen() {
    return optimizer.map(StandardOptimizer::named).orElse(StandardOptimizer.ADAMW);
  }

  private Optional<Task> asked() {
    return task.map(
        argument ->
            argument
                .task()
                .orElseThrow(
                    () ->
                        new PeftException(
                            "--task is a number; allowed: " + TaskArgument.NAMES + ".")));
  }

  /** The head that is trained: a saved adapter's, the model's own, or a new one. */
  private TaskHead head(PeftConfig config) {
    if (adapter.adapter.isPresent() && task.isEmpty() && labels.isEmpty()) {
      return AdapterTask.of(adapter.adapter.get(), path);
    }
    TaskHead own = AdapterTask.head(Families.read(path));
    Task wanted =
        asked().or(() -> config.common().taskType().map(AdapterTask::named)).orElse(own.task());
    boolean classes = wanted == Task.SEQ_CLS || wanted == Task.TOKEN_CLS;
    if (labels.isPresent() && !classes) {
      throw new PeftException(
          "--num-labels is for seq-cls and token-cls; the task is "
              + TaskArgument.typed(wanted)
              + ".");
    }
    if (!classes) {
      return wanted == own.task() || isLanguage(wanted) && isLanguage(own.task())
          ? own
          : TaskHead.of(wanted);
    }
    if (wanted == own.task() && labels.isEmpty()) {
      return own;
    }
    Labels named = Labels.count(labels.orElse(2));
    return wanted == Task.SEQ_CLS ? TaskHead.sequences(named) : TaskHead.tokens(named);
  }

  private static boolean isLanguage(Task task) {
    return task == Task.CAUSAL_LM || task == Task.SEQ_2_SEQ_LM;
  }
}
