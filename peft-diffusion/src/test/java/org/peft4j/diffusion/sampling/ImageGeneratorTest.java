package org.peft4j.diffusion.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.diffusion.Autoencoder;
import org.peft4j.diffusion.Diffusion;
import org.peft4j.diffusion.UNet;
import org.peft4j.diffusion.schedule.NoiseSchedule;
import org.peft4j.diffusion.schedule.SamplerKind;
import org.peft4j.diffusion.schedule.ScheduleConfig;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.SafetensorsFile;
import org.peft4j.vision.Picture;

/** Samples and pictures equal those of diffusers on the same noise, with guidance and without. */
class ImageGeneratorTest {
  private static final Path RESOURCES = Path.of("src", "test", "resources");
  private static final Path BASE = RESOURCES.resolve("golden/bases/sd1");

  private static UNet unet;
  private static Autoencoder autoencoder;

  @BeforeAll
  static void load() {
    unet = Diffusion.loadUNet(BASE);
    autoencoder = Diffusion.loadAutoencoder(BASE);
  }

  @AfterAll
  static void close() {
    unet.close();
    autoencoder.close();
  }

  private static ImageGenerator generator(String schedule) {
    Path file = RESOURCES.resolve("noise-schedules").resolve(schedule);
    return new ImageGenerator(
        unet,
        Optional.of(autoencoder),
        new NoiseSchedule(ScheduleConfig.read(file.resolve("scheduler_config.json"))));
  }

  private static INDArray golden(String name) {
    try (SafetensorsFile file = SafetensorsFile.open(RESOURCES.resolve("sampled.safetensors"))) {
      float[] values = new float[(int) file.tensor(name).elementCount()];
      file.readFloats(name, 0, values, 0, values.length);
      long[] shape = file.tensor(name).shape().stream().mapToLong(size -> size).toArray();
      return Nd4j.createFromArray(values).reshape('c', shape);
    }
  }

  static Stream<Arguments> cases() {
    return Stream.of("stable_diffusion_1", "stable_diffusion_2")
        .flatMap(
            schedule ->
                Stream.of(SamplerKind.values())
                    .flatMap(
                        kind ->
                            Stream.of(1.0, 7.5)
                                .map(guidance -> Arguments.of(schedule, kind, guidance))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void samplesEqualTheReference(String schedule, SamplerKind kind, double guidance) {
    INDArray sample =
        generator(schedule)
            .sample(
                golden("noise"),
                golden("text"),
                golden("none"),
                new SamplingSettings(kind, 4, guidance));
    INDArray expected = golden(schedule + " " + kind.optionName() + " " + guidance);
    double scale = expected.amaxNumber().doubleValue();
    assertThat(sample.sub(expected).amaxNumber().doubleValue() / scale).isLessThan(1e-5);
  }

  @Test
  void picturesEqualTheReferenceWithinOneLevel() {
    List<Picture> pictures = generator("stable_diffusion_1").pictures(golden("latents"));
    byte[] expected;
    try (SafetensorsFile file = SafetensorsFile.open(RESOURCES.resolve("sampled.safetensors"))) {
      ByteBuffer bytes = ByteBuffer.allocate((int) file.tensor("pixels").byteCount());
      file.read("pixels", 0, bytes);
      expected = bytes.array();
    }
    assertThat(pictures).hasSize(2);
    int each = expected.length / 2;
    int differing = 0;
    for (int i = 0; i < expected.length; i++) {
      int level = pictures.get(i / each).values()[i % each] & 0xff;
      assertThat(Math.abs(level - (expected[i] & 0xff))).isLessThanOrEqualTo(1);
      differing += level == (expected[i] & 0xff) ? 0 : 1;
    }
    assertThat(differing).isLessThan(expected.length / 100);
  }

  @Test
  void withoutAnAutoencoderSamplesArePixels() {
    ImageGenerator generator =
        new ImageGenerator(unet, Optional.empty(), generator("stable_diffusion_1").schedule());
    INDArray samples = Nd4j.createFromArray(-1f, 1f, 0.2f, -3f, 0f, 4f).reshape(1, 3, 1, 2);
    Picture picture = generator.pictures(samples).get(0);
    assertThat(picture.values())
        .containsExactly(0, (byte) 153, (byte) 128, (byte) 255, 0, (byte) 255);
  }

  @Test
  void shapesAndSettingsThatDoNotFitAreRefused() {
    ImageGenerator generator = generator("stable_diffusion_1");
    SamplingSettings settings = new SamplingSettings(SamplerKind.DDIM, 2, 2);
    INDArray text = golden("text");
    assertThatThrownBy(() -> generator.sample(golden("noise"), text, Nd4j.rand(2, 4, 12), settings))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("states of [2, 5, 12] and an empty text's of [2, 4, 12]; allowed");
    assertThatThrownBy(() -> new SamplingSettings(SamplerKind.DDIM, 2, 0.5))
        .hasMessage("guidance is 0.5; allowed: 1, the text alone, and above.");
    assertThatThrownBy(() -> new SamplingSettings(SamplerKind.DDIM, 0, 2))
        .hasMessage("steps is 0; allowed: 1 and above.");
  }
}
