package org.peft4j.diffusion.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.SafetensorsFile;

/** Noise, targets, weights and every step of every sampler equal diffusers'. */
class NoiseScheduleTest {
  private static final Path FOLDER = Path.of("src", "test", "resources", "noise-schedules");
  private static final int[] COUNTS = {1, 2, 7, 20};

  static List<String> schedules() throws IOException {
    try (Stream<Path> folders = Files.list(FOLDER)) {
      return folders.map(each -> String.valueOf(each.getFileName())).sorted().toList();
    }
  }

  static Stream<Arguments> samplers() throws IOException {
    return schedules().stream()
        .flatMap(
            name ->
                Stream.of(SamplerKind.values())
                    .flatMap(
                        kind ->
                            Arrays.stream(COUNTS)
                                .mapToObj(count -> Arguments.of(name, kind, count))));
  }

  private static NoiseSchedule schedule(String name) {
    return new NoiseSchedule(
        ScheduleConfig.read(FOLDER.resolve(name).resolve("scheduler_config.json")));
  }

  private static INDArray expected(String name, String key) {
    try (SafetensorsFile file =
        SafetensorsFile.open(FOLDER.resolve(name).resolve("expected.safetensors"))) {
      float[] values = new float[(int) file.tensor(key).elementCount()];
      file.readFloats(key, 0, values, 0, values.length);
      long[] shape = file.tensor(key).shape().stream().mapToLong(size -> size).toArray();
      return Nd4j.createFromArray(values).reshape(shape);
    }
  }

  private static void assertClose(INDArray actual, INDArray expected, String what) {
    assertThat(actual.shape()).as(what).isEqualTo(expected.shape());
    double scale = Math.max(1, expected.amaxNumber().doubleValue());
    assertThat(actual.sub(expected).amaxNumber().doubleValue() / scale).as(what).isLessThan(1e-5);
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void noiseTargetsAndWeightsEqualTheReference(String name) {
    NoiseSchedule schedule = schedule(name);
    INDArray bars = expected(name, "alpha_bars");
    assertThat(schedule.steps()).isEqualTo((int) bars.length());
    for (int i = 0; i < schedule.steps(); i++) {
      assertThat((double) schedule.alphaBar(i)).isCloseTo(bars.getDouble(i), Offset.offset(1e-6));
    }
    int last = schedule.steps() - 1;
    int[] steps = {0, last / 3, last - 1, last};
    INDArray pictures = expected(name, "pictures");
    INDArray noise = expected(name, "noise");
    INDArray before = pictures.dup();
    assertClose(schedule.addNoise(pictures, noise, steps), expected(name, "noisy"), "noisy");
    assertClose(schedule.velocity(pictures, noise, steps), expected(name, "velocity"), "velocity");
    assertThat(pictures).as("the input is left alone").isEqualTo(before);
    INDArray target =
        switch (schedule.config().prediction()) {
          case EPSILON -> noise;
          case V_PREDICTION -> expected(name, "velocity");
          case SAMPLE -> pictures;
        };
    assertClose(schedule.target(pictures, noise, steps), target, "target");
    INDArray weights = expected(name, "weights");
    for (int i = 0; i < steps.length; i++) {
      assertThat(schedule.minSnrWeight(steps[i], 5))
          .isCloseTo(weights.getDouble(i), Offset.offset(1e-5));
    }
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void everyStepEqualsTheReference(String name, SamplerKind kind, int count) {
    Sampler sampler = kind.sampler(schedule(name), count);
    String key = kind.optionName() + " " + count + " ";
    INDArray steps = expected(name, key + "timesteps");
    INDArray samples = expected(name, key + "samples");
    INDArray scaled = expected(name, key + "scaled");
    INDArray outputs = expected(name, key + "outputs");
    assertThat(sampler.count()).isEqualTo((int) steps.length());
    double sigma = expected(name, key + "sigma").getDouble(0);
    assertThat(sampler.initialSigma() / sigma).isCloseTo(1, Offset.offset(1e-5));
    for (int i = 0; i < sampler.count(); i++) {
      INDArray sample = samples.slice(i).dup();
      assertThat(sampler.timestep(i)).isCloseTo(steps.getDouble(i), Offset.offset(2e-3));
      assertClose(sampler.scaled(sample, i), scaled.slice(i), key + "input " + i);
      INDArray next = sampler.step(outputs.slice(i).dup(), i, sample);
      // Where a sample of 4096·ε becomes one of 1, single precision rounds the former.
      double scale = Math.max(1, sample.amaxNumber().doubleValue());
      assertClose(next.div(scale), samples.slice(i + 1).div(scale), key + "step " + i);
      assertThat(sample).as("the sample is left alone").isEqualTo(samples.slice(i));
    }
  }

  @Test
  void aStepOutsideIsRefused() {
    NoiseSchedule schedule = schedule("sample");
    assertThatThrownBy(() -> schedule.alphaBar(200))
        .hasMessage("Step 200 of a noise schedule; allowed: 0 to 199.");
    assertThatThrownBy(() -> SamplerKind.EULER.sampler(schedule, 201))
        .hasMessage("A sampler of 201 steps; allowed: 1 to 200.");
    INDArray pictures = Nd4j.rand(2, 3);
    assertThatThrownBy(() -> schedule.addNoise(pictures, Nd4j.rand(2, 2), new int[] {1, 2}))
        .hasMessageContaining("Pictures [2, 3], noise [2, 2] and 2 steps; allowed: the same shape");
  }

  @Test
  void noiseAlonePredictedAsNoiseTellsNothing(@TempDir Path folder) throws IOException {
    Sampler sampler =
        SamplerKind.DDIM.sampler(
            read(folder, "\"rescale_betas_zero_snr\": true, \"timestep_spacing\": \"trailing\""),
            3);
    INDArray sample = Nd4j.rand(1, 2);
    assertThatThrownBy(() -> sampler.step(sample, 0, sample))
        .hasMessageContaining("At step 999 there is noise alone (rescale_betas_zero_snr)");
  }

  private static NoiseSchedule read(Path folder, String fields) throws IOException {
    Path file = folder.resolve("scheduler_config.json");
    Files.writeString(file, "{\"_class_name\": \"DDIMScheduler\", " + fields + "}");
    return new NoiseSchedule(ScheduleConfig.read(file));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'beta_schedule': 'sigmoid'| beta_schedule is \"sigmoid\"; allowed: linear, scaled_linear,",
        "'prediction_type': 'flow_prediction'| prediction_type is \"flow_prediction\"; allowed: eps",
        "'thresholding': true| thresholding is true; allowed: false; nothing else is supported.",
        "'solver_order': 3| solver_order is 3; allowed: an integer from 1 to 2.",
        "'algorithm_type': 'sde-dpmsolver++'| allowed: dpmsolver++.",
        "'num_train_timesteps': 0| num_train_timesteps is 0; allowed: an integer from 1 to 100000.",
        "'beta_end': 2| beta_end is 2; allowed: a number from 0.0 to 1.0.",
        "'variance_type': 'learned_range'| variance_type is \"learned_range\"; allowed: fixed_large",
        "'trained_betas': [0.1, 7]| trained_betas is [0.1,7]; allowed: a list of up to 100000",
        "'steps_ofset': 1| The field \"steps_ofset\" is unknown. Nearest: \"steps_offset\"",
        "'use_beta_sigmas': true, 'clip_sample': 1| clip_sample is 1; allowed: true or false.",
      })
  void wrongFieldsAreNamed(String fields, String message, @TempDir Path folder) {
    assertThatThrownBy(() -> read(folder, fields.replace('\'', '"')))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("scheduler_config.json describes no supported noise schedule: ")
        .hasMessageContaining(message.strip());
  }

  @Test
  void otherSchedulersAreRefusedByName(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("scheduler_config.json");
    Files.writeString(file, "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\"}");
    assertThatThrownBy(() -> ScheduleConfig.read(file))
        .hasMessageContaining("_class_name is \"FlowMatchEulerDiscreteScheduler\"; allowed: DDIM");
  }

  @Test
  void offsetNoiseIsOneNumberForEachChannel() {
    INDArray noise = new LatentNoise(1).draw(2, 3, 4, 5);
    assertThat(noise).isEqualTo(new LatentNoise(1).draw(2, 3, 4, 5));
    INDArray offset = new LatentNoise(2).withOffset(noise, 0.1).subi(noise);
    for (int i = 0; i < 2; i++) {
      for (int c = 0; c < 3; c++) {
        INDArray plane = offset.slice(i).slice(c);
        assertThat(plane.maxNumber().doubleValue() - plane.minNumber().doubleValue())
            .isLessThan(1e-6);
        assertThat(Math.abs(plane.getDouble(0, 0))).isBetween(1e-4, 0.4);
      }
    }
    INDArray many = new LatentNoise(3).draw(20_000);
    assertThat(many.meanNumber().doubleValue()).isCloseTo(0, Offset.offset(0.03));
    assertThat(many.stdNumber().doubleValue()).isCloseTo(1, Offset.offset(0.03));
  }
}
