package org.peft4j.cli.train;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.HeadChoice;
import org.peft4j.cli.options.NewAdapter;
import org.peft4j.cli.options.Wording;
import org.peft4j.cli.picture.ImageTrainingOptions;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.diffusion.DiffusionOptions;
import org.peft4j.diffusion.pipeline.JointAdapters;
import org.peft4j.diffusion.pipeline.StableDiffusion;
import org.peft4j.diffusion.training.CaptionedLatents;
import org.peft4j.diffusion.training.NoiseBatch;
import org.peft4j.diffusion.training.NoisePrediction;
import org.peft4j.diffusion.training.NoiseSettings;
import org.peft4j.diffusion.training.NoisyPictures;
import org.peft4j.error.PeftException;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTunerBuilder;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.MetricsFile;
import org.peft4j.train.optimizer.StandardOptimizer;
import org.peft4j.transformers.config.Task;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureCrop;
import org.peft4j.vision.PictureReader;

/**
 * A run of {@code peft train --task text-to-image}: an adapter on a UNet of Stable Diffusion, and
 * maybe on its text encoder.
 */
final class ImageTraining {
  private static final String ATTENTION = "to_k,to_q,to_v,to_out.0";
  private static final String TEXT_ATTENTION = "q_proj,k_proj,v_proj,out_proj";
  private static final String REGEX = "regex:";
  private static final int USUAL = 512;

  private final TrainCommand command;
  private final ImageTrainingOptions options;
  private final PrintWriter out;
  private final PictureReader reader = new PictureReader();

  ImageTraining(TrainCommand command, PrintWriter out) {
    this.command = command;
    this.options = command.pictures;
    this.out = out;
  }

  void run() {
    FineTuningSettings settings = new Training(command, out).settings();
    requireUse();
    NoiseSettings noise =
        new NoiseSettings(
            options.minSnr.map(OptionalDouble::of).orElseGet(OptionalDouble::empty),
            options.offset.orElse(0.0),
            settings.seed());
    Optional<PeftConfig> config =
        command.adapter.adapter.isPresent() ? Optional.empty() : Optional.of(config());
    DiffusionOptions loading =
        command
            .precision
            .diffusion()
            .withGradientCheckpointing(command.training.gradientCheckpointing);
    try (OutputFolder output = OutputFolder.prepare(command.output);
        StableDiffusion opened = StableDiffusion.load(command.model, loading);
        PeftModel<ComputationGraph> model = model(opened, config)) {
      if (options.diffusers) {
        requireLora(model);
      }
      options.latents(command.data.data).ifPresent(opened::cacheLatents);
      boolean texts = model.adapters().contains(JointAdapters.TEXT_ENCODER);
      train(opened, model, pictures(opened, texts), noise, settings);
    }
  }

  /** New adapters, or saved ones, on the UNet or on both. */
  private PeftModel<ComputationGraph> model(StableDiffusion opened, Optional<PeftConfig> config) {
    long seed = command.training.seed;
    if (config.isPresent()) {
      return options.trainText
          ? JointAdapters.wrap(opened, config.get(), ofText(config.get()), seed)
          : Peft.wrap(opened.unet().graph(), config.get(), seed);
    }
    Path saved = command.adapter.adapter.orElseThrow();
    return options.trainText || JointAdapters.hasText(opened, saved)
        ? JointAdapters.load(opened, saved)
        : opened.unet().adapt(saved);
  }

  /** The same method on the text encoder. */
  private PeftConfig ofText(PeftConfig unet) {
    String given = options.textTarget.orElse(TEXT_ATTENTION);
    ModuleSelector targets =
        given.startsWith(REGEX)
            ? new ModuleSelector.Regex(given.substring(REGEX.length()))
            : ModuleSelector.word(given)
                .orElseGet(
                    () -> new ModuleSelector.Names(Arrays.asList(given.strip().split(" *, *"))));
    CommonConfig common = unet.common();
    return unet.toBuilder()
        .common(
            new CommonConfig(
                common.taskType(),
                Optional.of(command.model.resolve("text_encoder").toString()),
                common.revision(),
                Optional.of(targets),
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(),
                common.bias(),
                common.unknown()))
        .build();
  }

  private static void requireLora(PeftModel<ComputationGraph> model) {
    for (String name : model.adapters()) {
      PeftConfig config = model.config(name);
      if (!config.peftType().equals("LORA") || !config.common().modulesToSave().isEmpty()) {
        throw new PeftException(
            "--save-for-diffusers is for LoRA without modules_to_save: diffusers' file holds"
                + " nothing else. Leave it out.");
      }
    }
  }

  /** Targets are the attentions', as diffusers' scripts have them; there is no task_type. */
  private PeftConfig config() {
    if (command.adapter.target.isEmpty() && command.adapter.config.isEmpty()) {
      command.adapter.target = Optional.of(ATTENTION);
    }
    command.adapter.fields.putIfAbsent("task_type", "null");
    return NewAdapter.config(
        command.adapter, command.model, Optional.of(Task.CAUSAL_LM), command.training.steps);
  }

  private void requireUse() {
    if (options.classData.isPresent() != options.classPrompt.isPresent()) {
      throw new PeftException(
          "--class-data and --class-prompt go together: pictures and their text.");
    }
    if (options.textTarget.isPresent()
        && (!options.trainText || command.adapter.adapter.isPresent())) {
      throw new PeftException(
          "--text-encoder-target is for a new adapter with --train-text-encoder; give that, or"
              + " leave it out.");
    }
    if (options.priorWeight.isPresent() && options.classData.isEmpty()) {
      throw new PeftException("--prior-weight is for pictures of --class-data; give some.");
    }
    if (command.training.packing
        || command.training.paddingFree
        || command.kept.dryRun
        || command.kept.findLearningRate
        || command.kept.report
        || !command.kept.samples.isEmpty()
        || command.preferences.isUsed()
        || command.original.isPresent()
        || command.training.eval.isPresent()) {
      throw new PeftException(
          "--packing, --padding-free, --dry-run, --find-learning-rate, --report, --sample, --eval,"
              + " --original and --objective are not for text-to-image; leave them out.");
    }
  }

  private List<CaptionedLatents> pictures(StableDiffusion opened, boolean texts) {
    int side = options.resolution.orElseGet(() -> opened.size().orElse(USUAL));
    if (side < 1 || side % opened.factor() != 0) {
      throw new PeftException(
          "--resolution is %d; allowed: multiples of %d.".formatted(side, opened.factor()));
    }
    List<CaptionedLatents> all = new ArrayList<>();
    add(command.data.data, options.instancePrompt, 1, side, opened, texts, all);
    if (options.classData.isPresent()) {
      double weight = options.priorWeight.orElse(1.0);
      add(options.classData.get(), options.classPrompt, weight, side, opened, texts, all);
    }
    out.printf(
        Locale.ROOT, "training data: %,d pictures of %d × %d pixels%n", all.size(), side, side);
    options
        .latents(command.data.data)
        .ifPresent(
            folder -> {
              StableDiffusion.LatentCounts counts = opened.latentCounts();
              out.printf(
                  Locale.ROOT,
                  "latents: %,d encoded, %,d from %s%n",
                  counts.encoded(),
                  counts.found(),
                  folder);
            });
    return all;
  }

  private void add(
      Path data,
      Optional<String> prompt,
      double weight,
      int side,
      StableDiffusion opened,
      boolean texts,
      List<CaptionedLatents> all) {
    for (Row row : Table.of(data, HeadChoice.columns(command.data)).rows()) {
      Picture picture = PictureCrop.square(reader.read(row.file("file_name")), side);
      List<String> prompts = List.of(prompt.orElseGet(() -> row.text("text")));
      INDArray text = (texts ? opened.ids(prompts) : opened.states(prompts)).slice(0);
      long seed = command.training.seed + all.size();
      all.add(new CaptionedLatents(opened.latents(picture, seed), text.dup('c'), weight));
      if (options.flip) {
        Picture mirrored = PictureCrop.mirrored(picture);
        all.add(new CaptionedLatents(opened.latents(mirrored, seed), text.dup('c'), weight));
      }
    }
  }

  private void train(
      StableDiffusion opened,
      PeftModel<ComputationGraph> model,
      List<CaptionedLatents> pictures,
      NoiseSettings noise,
      FineTuningSettings settings) {
    out.println(model.trainableParameters());
    List<CaptionedLatents> held = List.of();
    List<CaptionedLatents> learned = pictures;
    if (command.training.evalSplit.isPresent()) {
      int cut = (int) Math.round(pictures.size() * (1 - command.training.evalSplit.get()));
      int first = Math.max(1, Math.min(pictures.size() - 1, cut));
      learned = pictures.subList(0, first);
      held = pictures.subList(first, pictures.size());
    }
    FineTunerBuilder<NoiseBatch> builder =
        FineTuner.builder(model, new NoisePrediction())
            .data(NoisyPictures.of(learned, opened.schedule(), noise))
            .settings(settings)
            .optimizer(
                command
                    .training
                    .optimizer
                    .map(StandardOptimizer::named)
                    .orElse(StandardOptimizer.ADAMW));
    if (!held.isEmpty()) {
      builder.evaluation(NoisyPictures.fixed(held, opened.schedule(), noise));
    }
    command.kept.checkpoint(command.output).ifPresent(builder::resumeFrom);
    command.kept.addTo(builder, command.output);
    fit(model, builder);
  }

  private void fit(PeftModel<ComputationGraph> model, FineTunerBuilder<NoiseBatch> builder) {
    SafeSave save = SafeSave.to(command.output, false, folder -> {});
    save.requireRoom(model);
    try (MetricsFile metrics = new MetricsFile(command.output.resolve("metrics.jsonl"));
        Progress progress = Progress.to(out, new Wording(Task.IMAGE_CLASSIFICATION))) {
      FineTuner tuner = builder.listener(progress).listener(metrics).build();
      try (GracefulStop stop = GracefulStop.calling(tuner::stop)) {
        FineTuningResult result = tuner.run();
        progress.close();
        save.save(model);
        if (options.diffusers) {
          JointAdapters.saveForDiffusers(model, command.output);
        }
        out.println(progress.summary(result));
        out.println("adapter saved in " + command.output);
      }
    }
  }
}
