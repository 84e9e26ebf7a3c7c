package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/** {@code --set init_lora_weights=…} never trains from another start in silence. */
class EvaStartTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private Run train(String start) {
    return Run.of(
        "train",
        "-m",
        Run.LLAMA,
        "-d",
        Run.INPUTS,
        "-o",
        folder.resolve("adapter"),
        "--steps",
        1,
        "--learning-rate",
        1e-9,
        "--rank",
        2,
        "--set",
        "init_lora_weights=" + start);
  }

  /** Components are orthonormal, which the standard start is not. */
  @Test
  void evaStartsFromTheComponentsOfTheData() throws IOException {
    Run run = train("eva");

    assertThat(run.status()).as(run.err()).isZero();
    try (TensorSource source =
        TensorSource.open(folder.resolve("adapter/adapter_model.safetensors"))) {
      int modules = 0;
      for (TensorInfo info : source.tensors().values()) {
        if (info.name().contains("lora_A")) {
          modules++;
          float[] values = new float[(int) info.elementCount()];
          source.readFloats(info.name(), 0, values, 0, values.length);
          INDArray a = Nd4j.createFromArray(values).reshape(info.shape().get(0), -1);
          INDArray products = a.mmul(a.transpose());
          double error = products.sub(Nd4j.eye(products.size(0))).amaxNumber().doubleValue();
          assertThat(error).as(info.name()).isLessThan(1e-4);
        }
      }
      assertThat(modules).isPositive();
    }
    assertThat(Files.readString(folder.resolve("adapter/adapter_config.json")))
        .contains("rank_pattern");
  }

  @ParameterizedTest
  @ValueSource(strings = {"loftq", "corda", "lora_ga"})
  void startsThatChangeTheBaseModelAreRefused(String start) {
    Run run = train(start);

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .contains("init_lora_weights is \"" + start + "\"", "must be converted to plain LoRA")
        .hasLineCount(1);
  }
}
