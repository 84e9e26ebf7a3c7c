package org.peft4j.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Autoencoders give what diffusers' give. */
class AutoencoderTest {
  private static final double TOLERANCE = 1e-5;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static INDArray expected(String name, String tensor) {
    return GoldenUNet.read(
        Path.of("src/test/resources/golden/autoencoders", name + ".safetensors"), tensor);
  }

  private static void assertClose(INDArray actual, INDArray wanted) {
    assertThat(actual.shape()).isEqualTo(wanted.shape());
    double difference = actual.sub(wanted).amaxNumber().doubleValue();
    assertThat(difference / wanted.amaxNumber().doubleValue()).isLessThan(TOLERANCE);
  }

  /** The first has the keys of diffusers' first versions, the second no convolution of latents. */
  @ParameterizedTest
  @ValueSource(strings = {"sd1", "odd"})
  void encodesAndDecodesAsTheReference(String name) {
    try (Autoencoder autoencoder = Diffusion.loadAutoencoder(GoldenUNet.base(name))) {
      LatentDistribution found = autoencoder.encode(expected(name, "pictures"));
      assertClose(found.mean(), expected(name, "mean"));
      assertClose(found.deviation(), expected(name, "std"));
      assertClose(autoencoder.decode(expected(name, "latents")), expected(name, "decoded"));
    }
  }

  @Test
  void theConfigSaysTheFactorOfLatents() {
    try (Autoencoder first = Autoencoder.load(GoldenUNet.base("sd1"));
        Autoencoder other = Autoencoder.load(GoldenUNet.base("odd"))) {
      assertThat(first.scalingFactor()).isEqualTo(0.18215);
      assertThat(other.scalingFactor()).isEqualTo(0.5);
      assertThat(other.latentChannels()).isEqualTo(3);
    }
  }

  @Test
  void samplesLieAroundTheMean() {
    INDArray mean = Nd4j.createFromArray(new float[][] {{2, -3}}).reshape(1, 2, 1, 1);
    INDArray deviation = Nd4j.createFromArray(new float[][] {{0.5f, 0}}).reshape(1, 2, 1, 1);
    LatentDistribution distribution = new LatentDistribution(mean, deviation);
    Random random = new Random(7);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < 2000; i++) {
      INDArray sample = distribution.sample(random);
      assertThat(sample.getDouble(1)).isEqualTo(-3);
      sum += sample.getDouble(0) - 2;
      squares += Math.pow(sample.getDouble(0) - 2, 2);
    }
    assertThat(sum / 2000).isBetween(-0.05, 0.05);
    assertThat(Math.sqrt(squares / 2000)).isBetween(0.47, 0.53);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "down_block_types | [\"DownEncoderBlock2D\",\"AttnDownEncoderBlock2D\"] | DownEncoderBlock2D only",
        "shift_factor | 0.1 | only null",
        "latents_mean | [1.0] | only null",
        "norm_num_groups | 3 | a divisor of block_out_channels",
        "a_setting_of_tomorrow | 7 | unknown setting"
      })
  void whatIsNotSupportedIsRefusedByName(
      String field, String value, String allowed, @TempDir Path folder) throws IOException {
    ObjectNode json =
        (ObjectNode) JSON.readTree(GoldenUNet.base("odd").resolve("vae/config.json").toFile());
    json.set(field, JSON.readTree(value));
    Files.createDirectories(folder.resolve("vae"));
    JSON.writeValue(folder.resolve("vae/config.json").toFile(), json);

    assertThatThrownBy(() -> Diffusion.loadAutoencoder(folder))
        .hasMessageContaining(field)
        .hasMessageContaining(allowed);
  }
}
