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
import org.peft4j.diffusion.UNet;
import org.peft4j.diffusion.sampling.ImageGenerator;
import org.peft4j.diffusion.schedule.LatentNoise;
import org.peft4j.diffusion.schedule.NoiseSchedule;
import org.peft4j.diffusion.schedule.ScheduleConfig;
import org.peft4j.diffusion.text.PromptEncoder;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;
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
    this.size = sample.isInt() ? OptionalInt.of(sample.intValue() * factor) : OptionalInt.empty();
  }

  /** An autoencoder halves the extents between its blocks. */
  private static int factor(Path config) {
    return 1 << Math.max(0, JSON.readObject(config).path("block_out_channels").size() - 1);
  }

  /**
   * Loads all parts.
   *
   * @throws PeftException if one is missing, broken or not supported
   */
  public static StableDiffusion load(Path folder, DiffusionOptions options) {
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

  /** States of prompts, [prompts, tokens, width]. */
  public INDArray states(List<String> texts) {
    return prompts.states(texts);
  }

  /** A side of the pictures that the model was trained on; empty if its config says none. */
  public OptionalInt size() {
    return size;
  }

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
        .map(each -> each.encode(pixels).sample(new Random(seed)).muli(each.scalingFactor()))
        .orElse(pixels)
        .slice(0)
        .dup('c');
  }

  private int pixelChannels() {
    return autoencoder.isPresent() ? 3 : unet.inputChannels();
  }

  /** How many pixels of a side are one value of latents. */
  public int factor() {
    return factor;
  }

  /**
   * Makes a picture, with the UNet's adapters if it has some.
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
