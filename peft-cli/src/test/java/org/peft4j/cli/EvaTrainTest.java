package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * {@code peft train --set init_lora_weights=eva} gives the ranks and components of Python's EVA.
 */
class EvaTrainTest {
  private static final Path CASE = Run.GOLDEN.resolve("eva/llama");

  @Test
  void theFirstValuesComeFromTheTrainingData(@TempDir Path folder) throws IOException {
    Path adapter = folder.resolve("adapter");

    Run run =
        Run.of(
            "train",
            "-m",
            Run.LLAMA,
            "-d",
            CASE.resolve("inputs.safetensors"),
            "-o",
            adapter,
            "--rank=3",
            "--alpha=6",
            "--target=q_proj,o_proj,down_proj",
            "--set=init_lora_weights=eva",
            "--batch-size=2",
            "--steps=1",
            "--learning-rate=1e-12");

    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("eva: first values from 3 sequences");
    JsonNode config = read(adapter.resolve("adapter_config.json"));
    assertThat(config.path("init_lora_weights").asText()).isEqualTo("eva");
    JsonNode expected = read(CASE.resolve("case.json")).path("ranks");
    Map<String, INDArray> found = tensors(adapter.resolve("adapter_model.safetensors"), "lora_A");
    assertThat(found).hasSize(expected.size());
    Map<String, INDArray> exact =
        tensors(CASE.resolve("expected.safetensors"), "exact_components.");
    found.forEach(
        (key, a) -> {
          String site = key.replace("base_model.model.", "").replace(".lora_A.weight", "");
          assertThat(a.size(0)).as(key).isEqualTo(expected.path(site).asLong());
          INDArray components = Objects.requireNonNull(exact.get("exact_components." + site), key);
          for (int i = 0; i < a.size(0); i++) {
            double product = a.getRow(i).mul(components.getRow(i)).sumNumber().doubleValue();
            assertThat(Math.abs(product)).as(key + " " + i).isGreaterThan(1 - 1e-4);
          }
        });
  }

  private static JsonNode read(Path file) throws IOException {
    return new JsonMapper().readTree(file.toFile());
  }

  private static Map<String, INDArray> tensors(Path file, String part) {
    Map<String, INDArray> result = new TreeMap<>();
    try (TensorSource source = TensorSource.open(file)) {
      for (TensorInfo info : source.tensors().values()) {
        if (info.name().contains(part)) {
          long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
          INDArray array = Nd4j.create(DataType.FLOAT, shape);
          TensorFile.read(source, info.name(), array);
          result.put(info.name(), array);
        }
      }
    }
    return result;
  }
}
