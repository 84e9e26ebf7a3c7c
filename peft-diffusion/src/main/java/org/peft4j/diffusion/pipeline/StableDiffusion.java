package org.peft4j.diffusion.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.diffusion.Autoencoder;
import org.peft4j.diffusion.Diffusion;
import org.peft4j.diffusion.DiffusionOptions;
import org.peft4j.diffusion.LatentDistribution;
import org.peft4j.diffusion.UNet;
import org.peft4j.diffusion.internal.config.ModelFolder;
import org.peft4j.diffusion.sampling.ImageGenerator;
import org.peft4j.diffusion.schedule.LatentNoise;
import org.peft4j.diffusion.schedule.NoiseSchedule;
import org.peft4j.diffusion.schedule.ScheduleConfig;
import org.peft4j.diffusion.text.PromptEncoder;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.transformers.Encoder;
import org.peft4j.vision.Picture;

/**
 * A model of diffusers' folder with all its parts: {@code unet}, {@code vae}, {@code text_encoder},
 * {@code tokenizer} and {@code scheduler}. Without {@code vae} the UNet's samples are pixels.
 */
public final class StableDiffusion implements AutoCloseable {
  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 16);

  private final UNet unet;
  private final Optional<Autoencoder> autoencoder;
  private final PromptEncoder prompts;
  private final NoiseSchedule schedule;
  private final int factor;
  private final OptionalInt size;
  private final String held;
  private Optional<LatentCache> cache = Optional.empty();

  private StableDiffusion(Path folder, DiffusionOptions options, List<AutoCloseable> opened) {
    this.schedule =
        new NoiseSchedule(ScheduleConfig.read(folder.resolve("scheduler/scheduler_config.json")));
    this.prompts = PromptEncoder.load(folder);
    opened.add(prompts);
    boolean latent = Files.exists(folder.resolve("vae"));
    this.autoencoder =
        latent ? Optional.of(Diffusion.loadAutoencoder(folder, options)) : Optional.empty();
    autoencoder.ifPresent(opened::add);
    this.unet = Diffusion.loadUNet(folder, options);
    opened.add(unet);
    this.factor = latent ? factor(folder.resolve("vae/config.json")) : 1;
    JsonNode sample = JSON.readObject(folder.resolve("unet/config.json")).path("sample_size");
    this.held =
        options.dataType()
            + " "
            + options.precision()
            + " "
            + options.quantization().map(Object::toString).orElse("");
    this.size = sample.isInt() ? OptionalInt.of(sample.intValue() * factor) : OptionalInt.empty();
  }

  /** An autoencoder halves the extents between its blocks. */
  private static int factor(Path config) {
    return 1 << Math.max(0, JSON.readObject(config).path("block_out_channels").size() - 1);
  }

  /**
   * Loads all parts.
   *
   * @throws PeftException if one is missing, broken or not supported, or the folder is of another
   *     model, such as Stable Diffusion XL
   */
  public static StableDiffusion load(Path folder, DiffusionOptions options) {
    ModelFolder.part(folder, "unet"); // Refuses other models by their names.
    if (!Files.exists(folder.resolve("unet"))) {
      throw new PeftException(
          folder
              + " has no unet; give the folder of a model of diffusers, with unet, text_encoder,"
              + " tokenizer, scheduler and as a rule vae.");
    }
    List<AutoCloseable> opened = new ArrayList<>();
    try {
      return new StableDiffusion(folder, options, opened);
    } catch (RuntimeException e) {
      for (AutoCloseable each : opened) {
        try {
          each.close();
        } catch (Exception suppressed) {
          e.addSuppressed(suppressed);
        }
      }
      throw e;
    }
  }

  /** The model that adapters go on. */
  public UNet unet() {
    return unet;
  }

  /** What noise is added and taken away. */
  public NoiseSchedule schedule() {
    return schedule;
  }

  /** What reads the prompts, whose states the UNet reads. */
  public Encoder textEncoder() {
    return prompts.encoder();
  }

  /** Ids of prompts, [prompts, tokens], for a UNet that trains with its text encoder. */
  public INDArray ids(List<String> texts) {
    return prompts.ids(texts);
  }

  /**
   * Puts saved adapters on the UNet and, if there is one for it, on the text encoder; both act from
   * now on, and are closed with the model.
   *
   * @param adapter a folder of Hugging Face PEFT with the UNet's adapter, and maybe {@code
   *     text_encoder} below; one with {@code unet} and {@code text_encoder} below; or a file of
   *     diffusers or kohya
   * @throws PeftException if a file is broken or belongs to another model
   */
  public void adapt(Path adapter) {
    SavedAdapters.in(
        adapter,
        unet.sites(),
        saved -> {
          saved.unet().ifPresent(unet::adapt);
          saved.text().ifPresent(textEncoder()::adapt);
          return saved;
        });
  }

  /** States of prompts, [prompts, tokens, width], with the text encoder's adapters. */
  public INDArray states(List<String> texts) {
    return prompts.states(texts);
  }

  /** A side of the pictures that the model was trained on; empty if its config says none. */
  public OptionalInt size() {
    return size;
  }

  /**
   * Keeps what the autoencoder makes of pictures in a folder, and takes it from there: each picture
   * of a size is encoded once for an autoencoder, whatever the seeds. Files are as large as eight
   * bytes for each value of latents, 128 KiB for 512 × 512 pixels.
   *
   * @throws PeftException if the model has no autoencoder, or its files cannot be read
   */
  public void cacheLatents(Path folder) {
    Path own =
        autoencoder
            .map(Autoencoder::folder)
            .orElseThrow(
                () ->
                    new PeftException(
                        "The model has no vae: its samples are pixels, and there are no latents to"
                            + " keep."));
    cache = Optional.of(new LatentCache(folder, own, held));
  }

  /** How many pictures the autoencoder encoded, and how many were taken from the folder. */
  public LatentCounts latentCounts() {
    return cache
        .map(kept -> new LatentCounts(kept.encoded(), kept.found()))
        .orElse(new LatentCounts(0, 0));
  }

  /**
   * Pictures since {@link #cacheLatents}.
   *
   * @param encoded by the autoencoder
   * @param found in the folder
   */
  public record LatentCounts(int encoded, int found) {}

  /**
   * A picture as the UNet sees it.
   *
   * @param picture of whose extents both are multiples of {@link #factor}
   * @param seed of the draw from the autoencoder's distribution
   * @return [channels, height, width]
   */
  public INDArray latents(Picture picture, long seed) {
    Picture shown = pixelChannels() == 1 ? picture.grey() : picture.color();
    int channels = shown.channels();
    int area = shown.width() * shown.height();
    float[] values = new float[area * channels];
    for (int i = 0; i < values.length; i++) {
      values[i % channels * area + i / channels] = (shown.values()[i] & 0xff) / 127.5f - 1;
    }
    INDArray pixels =
        Nd4j.createFromArray(values).reshape('c', 1, channels, shown.height(), shown.width());
    return autoencoder
        .map(
            each ->
                distribution(each, shown, pixels)
                    .sample(new Random(seed))
                    .muli(each.scalingFactor()))
        .orElse(pixels)
        .slice(0)
        .dup('c');
  }

  private LatentDistribution distribution(Autoencoder own, Picture picture, INDArray pixels) {
    if (cache.isEmpty()) {
      return own.encode(pixels);
    }
    long[] shape = {1, own.latentChannels(), pixels.size(2) / factor, pixels.size(3) / factor};
    return cache.get().of(picture, shape, () -> own.encode(pixels));
  }

  private int pixelChannels() {
    return autoencoder.isPresent() ? 3 : unet.inputChannels();
  }

  /** How many pixels of a side are one value of latents. */
  public int factor() {
    return factor;
  }

  /**
   * Makes a picture, with the adapters of UNet and text encoder if they have some.
   *
   * @throws PeftException if an extent is not a multiple of {@link #factor}
   */
  public Picture generate(PictureRequest request) {
    if (request.height() % factor != 0 || request.width() % factor != 0) {
      throw new PeftException(
          "A picture of %d × %d pixels (height × width); allowed: multiples of %d."
              .formatted(request.height(), request.width(), factor));
    }
    INDArray noise =
        new LatentNoise(request.seed())
            .draw(1, unet.inputChannels(), request.height() / factor, request.width() / factor);
    ImageGenerator generator = new ImageGenerator(unet, autoencoder, schedule);
    INDArray sample =
        generator.sample(
            noise,
            states(List.of(request.prompt())),
            states(List.of(request.negative())),
            request.settings());
    return generator.pictures(sample).get(0);
  }

  @Override
  public void close() {
    unet.close();
    autoencoder.ifPresent(Autoencoder::close);
    prompts.close();
  }
}
