package org.peft4j.diffusion.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.diffusion.Autoencoder;
import org.peft4j.diffusion.Diffusion;
import org.peft4j.diffusion.UNet;
import org.peft4j.diffusion.sampling.ImageGenerator;
import org.peft4j.diffusion.sampling.SamplingSettings;
import org.peft4j.diffusion.schedule.LatentNoise;
import org.peft4j.diffusion.schedule.NoiseSchedule;
import org.peft4j.diffusion.schedule.SamplerKind;
import org.peft4j.diffusion.schedule.ScheduleConfig;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureReader;
import org.peft4j.vision.PictureWriter;

/** The code about training and sampling in docs/diffusion.md. */
class SamplingGuideTest {
  private static final Path RESOURCES = Path.of("src", "test", "resources");
  private static final Path BASE = RESOURCES.resolve("golden/bases/sd1");

  @Test
  void anAdapterIsTrainedAndAPictureMade(@TempDir Path folder) throws IOException {
    Path scheduler = Files.createDirectory(folder.resolve("scheduler"));
    Files.copy(
        RESOURCES.resolve("noise-schedules/stable_diffusion_1/scheduler_config.json"),
        scheduler.resolve("scheduler_config.json"));
    long seed = 4;
    LatentNoise random = new LatentNoise(seed);
    INDArray text = random.draw(1, 5, 12);
    INDArray emptyText = random.draw(1, 5, 12);
    try (UNet unet = Diffusion.loadUNet(BASE);
        Autoencoder autoencoder = Diffusion.loadAutoencoder(BASE);
        PeftModel<ComputationGraph> model =
            unet.wrap(LoraConfig.builder().rank(2).targetModules("to_q").build())) {
      train(folder, model, List.of(CaptionedLatents.of(random.draw(4, 4, 4), text.slice(0))), seed);
      Path file = folder.resolve("picture.png");
      make(folder, file, unet, autoencoder, text, emptyText, seed);
      Picture made = new PictureReader().read(file);
      assertThat(made.width()).isEqualTo(made.height()).isEqualTo(16);
    }
  }

  private static void train(
      Path folder, PeftModel<ComputationGraph> model, List<CaptionedLatents> pictures, long seed) {
    FineTuningSettings settings = FineTuningSettings.builder().steps(2).batchSize(1).build();
    NoiseSchedule schedule =
        new NoiseSchedule(ScheduleConfig.read(folder.resolve("scheduler/scheduler_config.json")));
    NoiseSettings noise = new NoiseSettings(OptionalDouble.of(5), 0.1, seed); // min-SNR, offset
    FineTuner.builder(model, new NoisePrediction())
        .data(NoisyPictures.of(pictures, schedule, noise))
        .settings(settings)
        .build()
        .run();
  }

  private static void make(
      Path folder,
      Path file,
      UNet unet,
      Autoencoder autoencoder,
      INDArray text,
      INDArray emptyText,
      long seed) {
    int height = 32;
    int width = 32;
    NoiseSchedule schedule =
        new NoiseSchedule(ScheduleConfig.read(folder.resolve("scheduler/scheduler_config.json")));
    ImageGenerator generator = new ImageGenerator(unet, Optional.of(autoencoder), schedule);
    SamplingSettings settings = new SamplingSettings(SamplerKind.DPM_SOLVER_PLUS_PLUS, 25, 7.5);
    INDArray noise = new LatentNoise(seed).draw(1, unet.inputChannels(), height / 8, width / 8);
    Picture picture = generator.pictures(generator.sample(noise, text, emptyText, settings)).get(0);
    PictureWriter.write(file, picture);
  }
}
