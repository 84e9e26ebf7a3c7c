package org.peft4j.diffusion.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import org.assertj.core.data.Offset;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftModel;
import org.peft4j.diffusion.Diffusion;
import org.peft4j.diffusion.UNet;
import org.peft4j.diffusion.schedule.LatentNoise;
import org.peft4j.diffusion.schedule.NoiseSchedule;
import org.peft4j.diffusion.schedule.ScheduleConfig;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.Evaluator;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;

/** Pictures get the noise of their schedule, and a UNet with an adapter learns to predict it. */
class NoisyPicturesTest {
  private static final Path RESOURCES = Path.of("src", "test", "resources");
  private static final NoiseSettings WEIGHTED = new NoiseSettings(OptionalDouble.of(5), 0.1, 17);

  private static NoiseSchedule schedule(String name) {
    return new NoiseSchedule(
        ScheduleConfig.read(
            RESOURCES.resolve("noise-schedules").resolve(name).resolve("scheduler_config.json")));
  }

  private static List<CaptionedLatents> pictures(int count) {
    LatentNoise random = new LatentNoise(5);
    List<CaptionedLatents> pictures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      pictures.add(
          new CaptionedLatents(random.draw(4, 4, 6), random.draw(3, 12), i == 0 ? 1 : 0.25));
    }
    return pictures;
  }

  @Test
  void theTargetIsTheNoiseInTheSample() {
    NoiseSchedule schedule = schedule("stable_diffusion_1");
    List<CaptionedLatents> pictures = pictures(3);
    NoiseBatch batch = NoisyPictures.of(pictures, schedule, WEIGHTED).batch(2, 0);
    assertThat(batch.sample().shape()).containsExactly(2, 4, 4, 6);
    assertThat(batch.text().slice(0)).isEqualTo(pictures.get(2).text());
    for (int i = 0; i < 2; i++) {
      int step = batch.steps().getInt(i, 0);
      double bar = schedule.alphaBar(step);
      INDArray latents = pictures.get(i == 0 ? 2 : 0).latents();
      INDArray noise =
          batch.sample().slice(i).sub(latents.mul(Math.sqrt(bar))).divi(Math.sqrt(1 - bar));
      assertThat(noise.sub(batch.target().slice(i)).amaxNumber().doubleValue()).isLessThan(1e-4);
      double snr = bar / (1 - bar);
      assertThat(batch.weights().getDouble(i, 0))
          .isCloseTo((i == 0 ? 0.25 : 1) * Math.min(snr, 5) / snr, Offset.offset(1e-5));
    }
  }

  @Test
  void velocitiesAreTheTargetWhereTheScheduleSaysSo() {
    NoiseSchedule schedule = schedule("stable_diffusion_2");
    List<CaptionedLatents> pictures = pictures(1);
    NoiseBatch batch = NoisyPictures.of(pictures, schedule, NoiseSettings.plain(3)).batch(0);
    double bar = schedule.alphaBar(batch.steps().getInt(0, 0));
    INDArray picture =
        batch.sample().mul(Math.sqrt(bar)).subi(batch.target().mul(Math.sqrt(1 - bar))).slice(0);
    assertThat(picture.sub(pictures.get(0).latents()).amaxNumber().doubleValue()).isLessThan(1e-5);
    assertThat(batch.weights().getDouble(0)).isEqualTo(1);
  }

  @Test
  void noiseDiffersFromBatchToBatchAndComesBackWithItsState() {
    NoiseSchedule schedule = schedule("stable_diffusion_1");
    NoisyPictures data = NoisyPictures.of(pictures(2), schedule, WEIGHTED);
    NoiseBatch first = data.batch(0, 1);
    NoiseBatch second = data.batch(0, 1);
    assertThat(second.sample()).isNotEqualTo(first.sample());
    assertThat(first.target().slice(0)).isNotEqualTo(first.target().slice(1));

    NoisyPictures again = NoisyPictures.of(pictures(2), schedule, WEIGHTED);
    Objects.requireNonNull(again.state().get("noise_batches")).assign(1);
    assertThat(again.batch(0, 1).sample()).isEqualTo(second.sample());
    assertThat(again.checksum()).isEqualTo(data.checksum());
    NoisyPictures other = NoisyPictures.of(pictures(2), schedule, NoiseSettings.plain(17));
    assertThat(other.checksum()).isNotEqualTo(data.checksum());

    NoisyPictures fixed = NoisyPictures.fixed(pictures(2), schedule, WEIGHTED);
    assertThat(fixed.batch(0, 1).sample().slice(1)).isEqualTo(fixed.batch(1).sample().slice(0));
    assertThat(fixed.state()).isEmpty();
  }

  @Test
  void theLossIsTheWeightedMeanOfSquares() {
    NoiseBatch batch =
        NoisyPictures.of(pictures(3), schedule("stable_diffusion_1"), WEIGHTED).batch(0, 1, 2);
    try (UNet unet = Diffusion.loadUNet(RESOURCES.resolve("golden/bases/sd1"));
        PeftModel<ComputationGraph> model =
            unet.wrap(LoraConfig.builder().rank(2).targetModules("to_q", "conv1").build())) {
      NoisePrediction objective = new NoisePrediction();
      INDArray output = unet.predict(batch.sample(), batch.steps(), batch.text());
      double expected = 0;
      for (int i = 0; i < 3; i++) {
        INDArray error = output.slice(i).sub(batch.target().slice(i));
        double squares = error.mul(error).meanNumber().doubleValue();
        expected += batch.weights().getDouble(i) * squares / 3;
      }
      assertThat(objective.loss(model, batch).value()).isCloseTo(expected, Offset.offset(1e-5));
      assertThat(objective.gradients(model, batch).value())
          .isCloseTo(expected, Offset.offset(1e-5));
      INDArray gradient = model.network().gradient().gradient().dup();
      NoiseBatch twice =
          new NoiseBatch(
              batch.sample(), batch.steps(), batch.text(), batch.target(), batch.weights().mul(2));
      objective.gradients(model, twice);
      INDArray doubled = model.network().gradient().gradient();
      assertThat(doubled.sub(gradient.mul(2)).amaxNumber().doubleValue())
          .isLessThan(1e-5 * gradient.amaxNumber().doubleValue());
      assertThat(objective.predictions(batch)).isEqualTo(3);
    }
  }

  @Test
  void anAdapterLearnsToPredictTheNoise() {
    NoiseSchedule schedule = schedule("stable_diffusion_1");
    NoisyPictures held = NoisyPictures.fixed(pictures(4), schedule, NoiseSettings.plain(1));
    try (UNet unet = Diffusion.loadUNet(RESOURCES.resolve("golden/bases/sd1"));
        PeftModel<ComputationGraph> model =
            unet.wrap(
                LoraConfig.builder()
                    .rank(4)
                    .targetModules("to_q", "to_v", "conv1", "conv2", "conv_out")
                    .build())) {
      NoisePrediction objective = new NoisePrediction();
      double before = Evaluator.evaluate(model, objective, held, 4).loss();
      FineTuner.builder(model, objective)
          .data(NoisyPictures.of(pictures(4), schedule, NoiseSettings.plain(2)))
          .settings(FineTuningSettings.builder().steps(60).batchSize(4).learningRate(0.01).build())
          .build()
          .run();
      double after = Evaluator.evaluate(model, objective, held, 4).loss();
      assertThat(after).isLessThan(0.8 * before);
    }
  }

  @Test
  void picturesOfDifferentShapesAreRefused() {
    List<CaptionedLatents> pictures = new ArrayList<>(pictures(1));
    pictures.add(CaptionedLatents.of(Nd4j.rand(4, 6, 6), Nd4j.rand(3, 12)));
    NoiseSchedule schedule = schedule("stable_diffusion_1");
    assertThatThrownBy(() -> NoisyPictures.of(pictures, schedule, WEIGHTED))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("Pictures of the shapes [4, 4, 6] and [4, 6, 6]");
    assertThatThrownBy(() -> NoisyPictures.of(List.of(), schedule, WEIGHTED))
        .hasMessage("There are no pictures to train on.");
    assertThatThrownBy(() -> new NoiseSettings(OptionalDouble.of(0), 0, 1))
        .hasMessage("minSnr is 0.0; allowed: above 0.");
    assertThatThrownBy(() -> new NoiseSettings(OptionalDouble.empty(), 2, 1))
        .hasMessage("offset is 2.0; allowed: 0, for none, to 1.");
  }
}
