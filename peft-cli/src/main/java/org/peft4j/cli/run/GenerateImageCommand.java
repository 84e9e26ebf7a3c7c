package org.peft4j.cli.run;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.PrecisionOption;
import org.peft4j.diffusion.pipeline.PictureRequest;
import org.peft4j.diffusion.pipeline.StableDiffusion;
import org.peft4j.diffusion.sampling.SamplingSettings;
import org.peft4j.diffusion.schedule.SamplerKind;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.vision.PictureWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code peft generate-image}: a picture of a prompt. */
@Command(
    name = "generate-image",
    customSynopsis =
        "peft generate-image --model DIR [--adapter PATH] --prompt TEXT --output FILE [OPTION]...",
    header = "Make a picture of a prompt with Stable Diffusion and an adapter.",
    description =
        "The model is a folder of diffusers: unet, vae, text_encoder, tokenizer, scheduler. The"
            + " same seed makes the same picture on every machine, and another one than in Python.",
    footer = {
      "",
      "Example:",
      "  peft generate-image --model sd15 --adapter my-dog --prompt 'a photo of sks dog' --seed 7"
          + " \\",
      "    --steps 25 --scheduler dpm-solver++ --output dog.png"
    })
public final class GenerateImageCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "DIR",
      description = "Folder of a model of diffusers: Stable Diffusion 1.x or 2.x.")
  Path model = Path.of("");

  @Option(
      names = {"-a", "--adapter"},
      paramLabel = "PATH",
      description =
          "Adapter of the UNet, and maybe of the text encoder: a folder of PEFT, with text_encoder"
              + " in it, or a file or folder of diffusers or kohya.")
  Optional<Path> adapter = Optional.empty();

  @Option(
      names = {"-p", "--prompt"},
      required = true,
      paramLabel = "TEXT",
      description = "What the picture shows.")
  String prompt = "";

  @Option(
      names = "--negative-prompt",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "What guidance goes away from (default: nothing).")
  String negative = "";

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Number that the noise follows from (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "25",
      description = "Steps from noise to picture (default: ${DEFAULT-VALUE}).")
  int steps;

  @Option(
      names = "--scheduler",
      paramLabel = "NAME",
      description =
          "ddim, euler or dpm-solver++ (default: the model's own if it is one of them, else ddim).")
  Optional<String> scheduler = Optional.empty();

  @Option(
      names = "--guidance",
      paramLabel = "G",
      defaultValue = "7.5",
      description = "How much the prompt counts; 1 for no guidance (default: ${DEFAULT-VALUE}).")
  double guidance;

  @Option(
      names = "--height",
      paramLabel = "N",
      description = "Pixels (default: those of the model's training, or 512).")
  Optional<Integer> height = Optional.empty();

  @Option(
      names = "--width",
      paramLabel = "N",
      description = "Pixels (default: those of the model's training, or 512).")
  Optional<Integer> width = Optional.empty();

  @Mixin PrecisionOption precision = new PrecisionOption();

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "PNG file to write.")
  Path output = Path.of("");

  private static final int USUAL = 512;

  @Override
  public void run() {
    Optional<SamplerKind> asked = scheduler.map(GenerateImageCommand::kind);
    try (StableDiffusion opened = StableDiffusion.load(model, precision.diffusion())) {
      adapter.ifPresent(opened::adapt);
      SamplerKind kind =
          asked.orElseGet(() -> SamplerKind.of(opened.schedule().config().className()));
      int side = opened.size().orElse(USUAL);
      PictureRequest request =
          new PictureRequest(
              prompt,
              negative,
              height.orElse(side),
              width.orElse(side),
              seed,
              new SamplingSettings(kind, steps, guidance));
      PictureWriter.write(output, opened.generate(request));
      PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
      out.printf(
          "%d × %d pixels in %d steps of %s written to %s%n",
          request.width(), request.height(), steps, kind.optionName(), output);
    }
  }

  private static SamplerKind kind(String name) {
    return Arrays.stream(SamplerKind.values())
        .filter(kind -> kind.optionName().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new PeftException(
                    "--scheduler is %s; allowed: %s."
                        .formatted(
                            Quoted.quoted(name),
                            Arrays.stream(SamplerKind.values())
                                .map(SamplerKind::optionName)
                                .collect(Collectors.joining(", ")))));
  }
}
