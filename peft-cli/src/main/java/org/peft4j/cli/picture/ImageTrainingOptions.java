package org.peft4j.cli.picture;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options of {@code --task text-to-image}. */
public final class ImageTrainingOptions {
  @Option(
      names = "--resolution",
      paramLabel = "N",
      description =
          "Pixels of a side that pictures are resized to and cropped (default: those of the model's"
              + " training, or 512).")
  public Optional<Integer> resolution = Optional.empty();

  @Option(
      names = "--random-flip",
      description = "Learn from each picture mirrored, too: as often as from the picture.")
  public boolean flip;

  @Option(
      names = "--instance-prompt",
      paramLabel = "TEXT",
      description = "Text of every picture (default: text of each row, or of a .txt file beside).")
  public Optional<String> instancePrompt = Optional.empty();

  @Option(
      names = "--class-data",
      paramLabel = "PATH",
      description =
          "Pictures of the class of things, which the model should go on drawing as before (prior"
              + " preservation); with --class-prompt.")
  public Optional<Path> classData = Optional.empty();

  @Option(
      names = "--class-prompt",
      paramLabel = "TEXT",
      description = "Text of these pictures, such as 'a photo of dog'.")
  public Optional<String> classPrompt = Optional.empty();

  @Option(
      names = "--prior-weight",
      paramLabel = "W",
      description = "How much each of these counts (default: 1).")
  public Optional<Double> priorWeight = Optional.empty();

  @Option(
      names = "--min-snr",
      paramLabel = "GAMMA",
      description = "Weigh steps by min(SNR, GAMMA), 5 as a rule (default: all alike).")
  public Optional<Double> minSnr = Optional.empty();

  @Option(
      names = "--offset-noise",
      paramLabel = "S",
      description =
          "Add S times a number for each channel to the noise, 0.1 as a rule, for pictures that are"
              + " darker or brighter as a whole (default: 0).")
  public Optional<Double> offset = Optional.empty();

  @Option(
      names = "--train-text-encoder",
      description =
          "Train an adapter on the text encoder, too: of the same method and rank, saved in"
              + " text_encoder of the output folder.")
  public boolean trainText;

  @Option(
      names = "--text-encoder-target",
      paramLabel = "MODULES",
      description =
          "Modules of the text encoder to adapt (default: q_proj,k_proj,v_proj,out_proj).")
  public Optional<String> textTarget = Optional.empty();

  @Option(
      names = "--cache-latents",
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "DIR",
      description =
          "Keep what the autoencoder makes of each picture in this folder, for further runs"
              + " (default folder: .latents beside the data).")
  public Optional<Path> latents = Optional.empty();

  @Option(
      names = "--save-for-diffusers",
      description = "Write pytorch_lora_weights.safetensors, too, which diffusers loads.")
  public boolean diffusers;

  /** The options' names, for messages. */
  public static final String NAMES =
      "--resolution, --random-flip, --instance-prompt, --class-data, --class-prompt,"
          + " --prior-weight, --min-snr, --offset-noise, --train-text-encoder,"
          + " --text-encoder-target, --cache-latents and --save-for-diffusers";

  /** The folder to keep latents in; empty to keep none. */
  public Optional<Path> latents(Path data) {
    return latents.map(
        folder ->
            folder.toString().isEmpty()
                ? Files.isDirectory(data)
                    ? data.resolve(".latents")
                    : data.resolveSibling(".latents")
                : folder);
  }

  /** Whether one of them is given. */
  public boolean isGiven() {
    return flip
        || trainText
        || diffusers
        || textTarget.isPresent()
        || latents.isPresent()
        || resolution.isPresent()
        || instancePrompt.isPresent()
        || classData.isPresent()
        || classPrompt.isPresent()
        || priorWeight.isPresent()
        || minSnr.isPresent()
        || offset.isPresent();
  }
}
