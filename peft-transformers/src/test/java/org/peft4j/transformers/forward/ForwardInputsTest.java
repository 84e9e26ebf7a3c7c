package org.peft4j.transformers.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsWriter;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.family.Families;

/** A batch is checked whole before any array is made: shapes, and values by the model. */
class ForwardInputsTest {
  private static final long[] IDS = {3, 4, 5, 6, 7, 8};

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private static ModelArchitecture model(String base) {
    return Families.read(Golden.base(base));
  }

  /** A file with input_ids [2, 3] and another tensor. */
  private Path with(String name, long[] shape, long... values) {
    Map<String, long[]> tensors = new TreeMap<>(Map.of("input_ids", IDS));
    tensors.put(name, values);
    Path file = folder.resolve("inputs.safetensors");
    SafetensorsWriter writer = SafetensorsWriter.to(file);
    tensors.forEach(
        (key, each) -> writer.tensor(key, DType.I64, key.equals(name) ? shape : new long[] {2, 3}));
    writer.write(
        sink -> {
          for (Map.Entry<String, long[]> each : tensors.entrySet()) {
            sink.writeLongs(each.getKey(), each.getValue(), 0, each.getValue().length);
          }
        });
    return file;
  }

  @Test
  void tensorsThatAreNotThereAreEmpty() {
    Path file = with("input_ids", new long[] {1, 3}, 3, 4, 5);
    try (ForwardInputs inputs = ForwardInputs.read(file, model("llama"))) {
      assertThat(inputs.input().toIntMatrix()).isDeepEqualTo(new int[][] {{3, 4, 5}});
      assertThat(inputs.attentionMask()).isEmpty();
      assertThat(inputs.labels()).isEmpty();
      assertThat(inputs.tasks()).isEmpty();
    }
  }

  @Test
  void labelsOfAClassifierAreOfSequences() {
    Path file = with("labels", new long[] {2}, 2, -100);
    try (ForwardInputs inputs = ForwardInputs.read(file, model("llama_classifier"))) {
      assertThat(inputs.labels().orElseThrow().toIntMatrix())
          .isDeepEqualTo(new int[][] {{2}, {-100}});
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama | input_ids | 6 | 3 4 5 6 7 8 | input_ids has the shape [6]; needed: [batch, time].",
        "llama | input_ids | 2 3 | 3 4 5 6 7 56 | input_ids holds 56; allowed: 0 to 55.",
        "llama | input_ids | 2 3 | 3 4 5 6 7 -100 | input_ids holds -100; allowed: 0 to 55.",
        "llama | attention_mask | 2 3 | 1 1 1 1 1 2 | attention_mask holds 2; allowed: 0 to 1.",
        "llama | attention_mask | 3 2 | 1 1 1 1 1 1 | attention_mask has the shape [3, 2]; needed:"
            + " [2, 3]",
        "llama | labels | 2 3 | 1 1 1 1 1 -1 | labels holds -1; allowed: -100, or 0 to 55.",
        "llama | labels | 2 | 1 1 | labels has the shape [2]; needed: [2, 3], as input_ids has [2,"
            + " 3].",
        "llama | token_type_ids | 2 3 | 0 1 0 1 0 1 | unknown tensor \"token_type_ids\"",
        "llama | start_positions | 2 | 0 1 | unknown tensor \"start_positions\"",
        "bert_answers | start_positions | 2 | 0 1 | there is only start_positions; needed: both",
        "bert_answers | labels | 2 | 0 1 | unknown tensor \"labels\"; allowed: input_ids,"
            + " attention_mask, start_positions, end_positions, task_ids, token_type_ids.",
        "bert_tokens | token_type_ids | 2 3 | 0 1 2 0 1 1 | token_type_ids holds 2; allowed: 0 to 1",
        "bert_tokens | labels | 2 3 | 0 1 2 0 1 3 | labels holds 3; allowed: -100, or 0 to 2.",
        "bert_several | labels | 2 | 0 1 | labels has the shape [2]; needed: [2, 3].",
        "bert_features | labels | 2 | 0 1 | unknown tensor \"labels\"",
        "llama_classifier | labels | 2 | 0 3 | labels holds 3; allowed: -100, or 0 to 2.",
        "llama_classifier | labels | 2 3 | 0 1 2 0 1 2 | labels has the shape [2, 3]; needed: [2].",
        "llama | task_ids | 2 | 0 -1 | task_ids holds -1; allowed: 0 to",
        "llama | position_ids | 2 | 0 1 | unknown tensor \"position_ids\"; allowed: input_ids",
      })
  void whatTheModelCannotReadIsRefused(
      String base, String name, String shape, String values, String message) {
    Path file = with(name, numbers(shape), numbers(values));
    ModelArchitecture model = model(base);

    assertThatThrownBy(() -> ForwardInputs.read(file, model))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  private static long[] numbers(String text) {
    return Arrays.stream(text.split(" ")).mapToLong(Long::parseLong).toArray();
  }
}
