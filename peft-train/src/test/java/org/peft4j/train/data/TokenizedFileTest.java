package org.peft4j.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsWriter;

class TokenizedFileTest {
  private static final Tensor IDS = new Tensor(DType.I64, new long[] {2, 3}, 4, 5, 6, 7, 8, 9);

  private final Path file;

  TokenizedFileTest(@TempDir Path folder) {
    file = folder.resolve("data.safetensors");
  }

  private record Tensor(DType type, long[] shape, long... values) {}

  private TrainingData read(Map<String, Tensor> tensors) {
    SafetensorsWriter writer = SafetensorsWriter.to(file);
    tensors.forEach((name, tensor) -> writer.tensor(name, tensor.type(), tensor.shape()));
    writer.write(
        sink -> {
          for (Map.Entry<String, Tensor> entry : new TreeMap<>(tensors).entrySet()) {
            long[] values = entry.getValue().values();
            if (entry.getValue().type().isFloating()) {
              sink.writeFloats(entry.getKey(), new float[values.length], 0, values.length);
            } else {
              sink.writeLongs(entry.getKey(), values, 0, values.length);
            }
          }
        });
    return TokenizedFile.read(file);
  }

  @Test
  void withoutLabelsEveryTokenAfterATokenIsOne() {
    Tensor mask = new Tensor(DType.I64, new long[] {2, 3}, 1, 1, 1, 0, 1, 1);

    TokenBatch batch = read(Map.of("input_ids", IDS, "attention_mask", mask)).batch(0, 1);

    assertThat(batch.inputIds()).isDeepEqualTo(new int[][] {{4, 5, 6}, {7, 8, 9}});
    assertThat(batch.attentionMask()).isDeepEqualTo(new int[][] {{1, 1, 1}, {0, 1, 1}});
    assertThat(batch.labels()).isDeepEqualTo(new int[][] {{4, 5, 6}, {-100, -100, 9}});
    assertThat(batch.labelled()).isEqualTo(3);
    assertThat(batch.isPadded()).isTrue();
  }

  @Test
  void labelsAreTakenAsTheyAre() {
    Tensor labels = new Tensor(DType.I32, new long[] {2, 3}, -100, 5, -100, -100, -100, 1);

    TokenBatch batch = read(Map.of("input_ids", IDS, "labels", labels)).batch(0, 1);

    assertThat(batch.labels()).isDeepEqualTo(new int[][] {{-100, 5, -100}, {-100, -100, 1}});
    assertThat(batch.isPadded()).isFalse();
  }

  @Test
  void labelsOfRowsAreClasses() {
    Tensor mask = new Tensor(DType.I64, new long[] {2, 3}, 1, 1, 0, 0, 1, 1);
    Tensor labels = new Tensor(DType.I64, new long[] {2}, 1, 0);

    TrainingData data = read(Map.of("input_ids", IDS, "attention_mask", mask, "labels", labels));
    TokenBatch batch = data.batch(1, 0);

    assertThat(batch.labels()).isDeepEqualTo(new int[][] {{0}, {1}});
    assertThat(batch.attentionMask()).isDeepEqualTo(new int[][] {{0, 1, 1}, {1, 1, 0}});
    assertThat(batch.labelled()).isEqualTo(2);
    assertThat(data.labelled()).isEqualTo(2);
  }

  @Test
  void eachRowHasItsTask() {
    Tensor tasks = new Tensor(DType.I64, new long[] {2}, 3, 0);

    TrainingData data = read(Map.of("input_ids", IDS, "task_ids", tasks));

    assertThat(data.batch(0, 1).tasks()).containsExactly(3, 0);
    assertThat(data.batch(1).tasks()).containsExactly(0);
    assertThat(data.checksum()).isNotEqualTo(read(Map.of("input_ids", IDS)).checksum());
  }

  static Stream<Arguments> brokenFiles() {
    return Stream.of(
        Arguments.of(Map.of("ids", IDS), "\"input_ids\": does not exist"),
        Arguments.of(
            Map.of("input_ids", IDS, "label", IDS),
            "tensor \"label\" is unknown; allowed: input_ids, labels, attention_mask,"
                + " task_ids."),
        Arguments.of(
            Map.of("input_ids", new Tensor(DType.I64, new long[] {3}, 1, 2, 3)),
            "input_ids has the shape [3]; needed: [rows, time]."),
        Arguments.of(
            Map.of("input_ids", new Tensor(DType.I64, new long[] {0, 3})),
            "input_ids has the shape [0, 3]; needed: [rows, time]."),
        Arguments.of(
            Map.of("input_ids", new Tensor(DType.F32, new long[] {1, 2}, 1, 2)), "use readFloats"),
        Arguments.of(
            Map.of("input_ids", new Tensor(DType.I64, new long[] {1, 2}, 1, -3)),
            "input_ids holds -3 in row 0; allowed: 0 to 2147483647."),
        Arguments.of(
            Map.of(
                "input_ids", IDS, "labels", new Tensor(DType.I64, new long[] {2, 2}, 1, 2, 3, 4)),
            "labels has the shape [2, 2]; needed: [2, 3], as input_ids has [2, 3]."),
        Arguments.of(
            Map.of("input_ids", IDS, "task_ids", IDS),
            "task_ids has the shape [2, 3]; needed: [2]"),
        Arguments.of(
            Map.of(
                "input_ids",
                IDS,
                "labels",
                new Tensor(DType.I64, new long[] {2, 3}, 1, 2, 3, 4, -101, 6)),
            "labels holds -101 in row 1; allowed: -100 to 2147483647."),
        Arguments.of(
            Map.of(
                "input_ids",
                IDS,
                "attention_mask",
                new Tensor(DType.I64, new long[] {2, 3}, 1, 1, 2, 1, 1, 1)),
            "attention_mask holds 2 in row 0; allowed: 0 to 1."));
  }

  @ParameterizedTest
  @MethodSource("brokenFiles")
  void aBrokenFileIsRefused(Map<String, Tensor> tensors, String message) {
    assertThatThrownBy(() -> read(tensors))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }
}
