package org.peft4j.examples.pictures;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.diffusion.DiffusionOptions;
import org.peft4j.diffusion.pipeline.StableDiffusion;
import org.peft4j.diffusion.sampling.SamplingSettings;
import org.peft4j.diffusion.schedule.SamplerKind;
import org.peft4j.diffusion.training.CaptionedLatents;
import org.peft4j.diffusion.training.NoisePrediction;
import org.peft4j.diffusion.training.NoiseSettings;
import org.peft4j.diffusion.training.NoisyPictures;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.Evaluator;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.train.metrics.MetricsFile;
import org.peft4j.train.report.ReportFile;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureReader;
import org.peft4j.vision.PictureWriter;

/**
 * A small diffusion model that draws forms in black on white learns by LoRA how they look at night,
 * from pictures of four of them; the four others get the look, too. Arguments: optionally a folder
 * for the adapter, a page with the loss, and the pictures before, after and merged, of the same
 * noise.
 */
public final class FormsAtNight {
  private static final int HELD_OUT = 8;
  private static final int BATCH = 8;
  private static final int SCALE = 3;
  private static final long SEED = 7;

  /** What is next to the pixels, where colours are made; what makes forms stays as it is. */
  private static final String TARGETS =
      "conv_in|conv_out|(down_blocks\\.0|up_blocks\\.2)\\.resnets\\.\\d"
          + "\\.(conv[12]|conv_shortcut|time_emb_proj)";

  private final StableDiffusion model;
  private final SmallUNet files;
  private final Path output;
  private final Plan plan;

  private FormsAtNight(StableDiffusion model, SmallUNet files, Path output, Plan plan) {
    this.model = model;
    this.files = files;
    this.output = output;
    this.plan = plan;
  }

  /**
   * How long it takes.
   *
   * @param steps of training
   * @param each pictures of each form
   * @param drawingSteps of each picture
   */
  record Plan(int steps, int each, int drawingSteps) {
    static final Plan WHOLE = new Plan(200, 3, 5);

    SamplingSettings sampling() {
      return new SamplingSettings(SamplerKind.DDIM, drawingSteps, 2);
    }
  }

  public static void main(String[] arguments) throws IOException {
    Path unpacked = Files.createTempDirectory("forms");
    Path output = arguments.length > 0 ? Path.of(arguments[0]) : unpacked.resolve("night-lora");
    run(unpacked, output, Plan.WHOLE);
  }

  static void run(Path unpacked, Path output, Plan plan) {
    SmallUNet files = SmallUNet.unpack(unpacked);
    try (StableDiffusion model = StableDiffusion.load(files.model(), DiffusionOptions.defaults())) {
      new FormsAtNight(model, files, output, plan).run();
    }
  }

  private void run() {
    List<Drawing> before = draw("before");
    LoraConfig config =
        LoraConfig.builder().rank(4).alpha(8).targetRegex(TARGETS).baseModel("small-unet").build();
    PeftModel<ComputationGraph> adapted = model.unet().wrap(config);
    System.out.println(adapted.trainableParameters());
    train(adapted);
    adapted.save(output.resolve("adapter"));
    List<Drawing> after = draw("after");
    try (var merged = adapted.merged()) {
      draw("merged");
    }
    List<Picture> pictures = new ArrayList<>();
    before.forEach(each -> pictures.add(each.picture()));
    after.forEach(each -> pictures.add(each.picture()));
    Path sheet = output.resolve("before-and-after.png");
    PictureWriter.write(sheet, Sheet.of(pictures, SmallUNet.FORMS.size(), SCALE));
    System.out.println("Pictures, the forms that the adapter saw on the left: " + sheet);
  }

  private void train(PeftModel<ComputationGraph> adapted) {
    List<CaptionedLatents> pictures = night();
    int split = pictures.size() - HELD_OUT;
    NoiseSettings noise = NoiseSettings.plain(SEED);
    NoisyPictures heldOut =
        NoisyPictures.fixed(pictures.subList(split, pictures.size()), model.schedule(), noise);
    NoisePrediction objective = new NoisePrediction();
    final double first = Evaluator.evaluate(adapted, objective, heldOut, BATCH).loss();
    FineTuner.builder(adapted, objective)
        .data(NoisyPictures.of(pictures.subList(0, split), model.schedule(), noise))
        .evaluation(heldOut)
        .settings(
            FineTuningSettings.builder()
                .steps(plan.steps())
                .batchSize(BATCH)
                .learningRate(1e-2)
                .evalEvery(Math.max(10, plan.steps() / 12))
                .build())
        .listener(new MetricsFile(output.resolve("metrics.jsonl")))
        .listener(new ReportFile(output, output.resolve("report.html")))
        .build()
        .run();
    System.out.printf(
        "%d steps: loss of held-out pictures %.4f before, %.4f after%n",
        plan.steps(), first, Evaluator.evaluate(adapted, objective, heldOut, BATCH).loss());
  }

  private List<CaptionedLatents> night() {
    PictureReader reader = new PictureReader();
    List<CaptionedLatents> pictures = new ArrayList<>();
    for (Row row : Table.of(files.night()).rows()) {
      INDArray text = model.states(List.of(row.text("text"))).slice(0).dup('c');
      pictures.add(
          CaptionedLatents.of(model.latents(reader.read(row.file("file_name")), SEED), text));
    }
    return pictures;
  }

  /** Draws, writes and judges pictures. */
  private List<Drawing> draw(String name) {
    List<Drawing> drawings = Drawing.all(model, plan.each(), plan.sampling());
    Drawing.write(folder(name), drawings);
    System.out.printf(
        "%s, learned forms: %s%n%s, other forms: %s%n",
        name,
        files.outlines().judge(drawings.stream().filter(Drawing::isLearned).toList()),
        name,
        files.outlines().judge(drawings.stream().filter(each -> !each.isLearned()).toList()));
    return drawings;
  }

  private Path folder(String name) {
    try {
      return Files.createDirectories(output.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
