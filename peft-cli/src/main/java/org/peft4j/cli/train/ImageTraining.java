package org.peft4j.cli.train;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
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
import org.peft4j.config.PeftConfig;
import org.peft4j.diffusion.DiffusionOptions;
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

/** A run of {@code peft train --task text-to-image}: an adapter on a UNet of Stable Diffusion. */
final class ImageTraining {
  private static final String ATTENTION = "to_k,to_q,to_v,to_out.0";
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
        DiffusionOptions.defaults()
            .withPrecision(command.precision.options().precision())
            .withGradientCheckpointing(command.training.gradientCheckpointing);
    try (OutputFolder output = OutputFolder.prepare(command.output);
        StableDiffusion opened = StableDiffusion.load(command.model, loading)) {
      List<CaptionedLatents> pictures = pictures(opened);
      PeftModel<ComputationGraph> model =
          config
              .map(fresh -> Peft.wrap(opened.unet().graph(), fresh, command.training.seed))
              .orElseGet(() -> opened.unet().adapt(command.adapter.adapter.orElseThrow()));
      try {
        train(opened, model, pictures, noise, settings);
      } finally {
        if (config.isPresent()) {
          model.close();
        }
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
        || command.training.eval.isPresent()) {
      throw new PeftException(
          "--packing, --padding-free, --dry-run, --find-learning-rate, --report, --sample, --eval"
              + " and --objective are not for text-to-image; leave them out.");
    }
  }

  private List<CaptionedLatents> pictures(StableDiffusion opened) {
    int side = options.resolution.orElseGet(() -> opened.size().orElse(USUAL));
    if (side < 1 || side % opened.factor() != 0) {
      throw new PeftException(
          "--resolution is %d; allowed: multiples of %d.".formatted(side, opened.factor()));
    }
    List<CaptionedLatents> all = new ArrayList<>();
    add(command.data.data, options.instancePrompt, 1, side, opened, all);
    if (options.classData.isPresent()) {
      double weight = options.priorWeight.orElse(1.0);
      add(options.classData.get(), options.classPrompt, weight, side, opened, all);
    }
    out.printf(
        Locale.ROOT, "training data: %,d pictures of %d × %d pixels%n", all.size(), side, side);
    return all;
  }

  private void add(
      Path data,
      Optional<String> prompt,
      double weight,
      int side,
      StableDiffusion opened,
      List<CaptionedLatents> all) {
    for (Row row : Table.of(data, HeadChoice.columns(command.data)).rows()) {
      Picture picture = PictureCrop.square(reader.read(row.file("file_name")), side);
      INDArray text = opened.states(List.of(prompt.orElseGet(() -> row.text("text")))).slice(0);
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
        out.println(progress.summary(result));
        out.println("adapter saved in " + command.output);
      }
    }
  }
}
