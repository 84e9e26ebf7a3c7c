package org.peft4j.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two shards: {@code 1.safetensors} with a = 1, {@code 2.safetensors} with b = 2. */
class ShardedSafetensorsTest {
  private static final String BOTH = "\"a\":\"1.safetensors\",\"b\":\"2.safetensors\"";

  private final Path folder;

  ShardedSafetensorsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void writeShards() {
    writeShard("1.safetensors", "a", 1);
    writeShard("2.safetensors", "b", 2);
  }

  private void writeShard(String file, String tensor, float value) {
    SafetensorsWriter.to(folder.resolve(file))
        .tensor(tensor, DType.F32)
        .write(sink -> sink.writeFloats(tensor, new float[] {value}, 0, 1));
  }

  @Test
  void tensorsOfAllShardsAreReadAsFromOneFile() throws IOException {
    writeIndex("{\"metadata\":{\"total_size\":8},\"weight_map\":{" + BOTH + "}}");

    TensorSource source = TensorSource.open(folder);
    float[] values = new float[2];
    source.readFloats("a", 0, values, 0, 1);
    source.readFloats("b", 0, values, 1, 1);
    source.close();

    assertThat(values).containsExactly(1, 2);
    assertThat(source.tensors()).containsOnlyKeys("a", "b");
    assertThat(source.metadata()).containsEntry("total_size", "8");
    assertThatThrownBy(() -> source.buffer("a")).hasMessageContaining("is closed");
    assertThatThrownBy(() -> source.buffer("c")).hasMessageContaining("Nearest: \"a\", \"b\"");
  }

  @Test
  void aSingleFileComesBeforeAnIndex() throws IOException {
    writeIndex("{}");
    writeShard("model.safetensors", "c", 3);

    try (TensorSource source = TensorSource.open(folder)) {
      assertThat(source.tensors()).containsOnlyKeys("c");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"weight_map\":{\"a\":\"1.safetensors\"},\"weight_map\":{}} | unknown or repeated field \"weight_map\"",
        "{} | field weight_map is missing",
        "[] | the index must be an object",
        "{\"weight_map\":[]} | weight_map must be an object",
        "{\"weight_map\":{\"a\":1}} | the shard of tensor \"a\" must be a string",
        "{\"weight_map\":{},\"extra\":{}} | unknown or repeated field \"extra\"",
        "{\"weight_map\":{\"a\":\"1.safetensors\",\"a\":\"2.safetensors\"}} | tensor \"a\": named twice",
        "{\"weight_map\":{\"a\":\"../1.safetensors\"}} | \"../1.safetensors\" must be the plain name",
        "{\"weight_map\":{\"a\":\"/etc/1.safetensors\"}} | must be the plain name",
        "{\"weight_map\":{\"a\":\"x\\\\1.safetensors\"}} | must be the plain name",
        "{\"weight_map\":{\"a\":\"C:1.safetensors\"}} | must be the plain name",
        "{\"weight_map\":{\"a\":\"\\u00001.safetensors\"}} | must be the plain name",
        "{\"weight_map\":{\"a\":\"..\"}} | must be the plain name",
        "{\"weight_map\":{\"a\":\"\"}} | must be the plain name",
        "{\"weight_map\":{\"a\":\"1.bin\"}} | must be the plain name",
        "{\"weight_map\":{\"a\":\"3.safetensors\"}} | 3.safetensors: there is no such file",
        "{\"weight_map\":{\"a\":\"2.safetensors\"}} | tensor \"b\": is in the shard \"2.safetensors\", but the index does not list it",
        "{\"weight_map\":{\"b\":\"1.safetensors\",\"a\":\"1.safetensors\"}} | tensor \"b\": is not in the shard \"1.safetensors\"",
        "{\"weight_map\":{\"a\":\"2.safetensors\",\"b\":\"2.safetensors\"}} | tensor \"a\": is not in the shard \"2.safetensors\"",
        "{\"weight_map\":{},\"metadata\":{\"a\":null}} | must be a string, a number or a truth value",
        "{\"weight_map\":{},\"metadata\":{\"a\":{}}} | must be a string, a number or a truth value",
        "{\"weight_map\":{},\"metadata\":{\"a\":1,\"a\":2}} | metadata names \"a\" twice",
        "{\"weight_map\":{}}x | not valid JSON",
        "{\"weight_map\":{ | not valid JSON"
      })
  void aWrongIndexIsRefusedWithItsReason(String index, String message) throws IOException {
    writeIndex(index);

    assertThatThrownBy(() -> TensorSource.open(folder))
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aTensorInTwoShardsIsRefused() throws IOException {
    writeIndex("{\"weight_map\":{" + BOTH + "}}");
    SafetensorsWriter.to(folder.resolve("2.safetensors"))
        .tensor("a", DType.F32, 0)
        .tensor("b", DType.F32, 0)
        .write(sink -> {});

    assertThatThrownBy(() -> TensorSource.open(folder))
        .hasMessageContaining(
            "\"a\": is in the shard \"2.safetensors\", but the index places it in \"1.s");
  }

  private void writeIndex(String json) throws IOException {
    Files.writeString(folder.resolve("model.safetensors.index.json"), json);
  }
}
