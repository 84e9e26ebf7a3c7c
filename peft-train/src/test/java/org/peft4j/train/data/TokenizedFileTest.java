package org.peft4j.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
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
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.Families;

class TokenizedFileTest {
  private static final Tensor IDS = new Tensor(DType.I64, new long[] {2, 3}, 4, 5, 6, 7, 8, 9);

  private final Path file;

  TokenizedFileTest(@TempDir Path folder) {
    file = folder.resolve("data.safetensors");
  }

  private record Tensor(DType type, long[] shape, double... values) {
    long[] whole() {
      return Arrays.stream(values).mapToLong(value -> (long) value).toArray();
    }

    float[] floats() {
      float[] floats = new float[values.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (float) values[i];
      }
      return floats;
    }
  }

  private static final Path BASES = Path.of("../peft-transformers/src/test/resources/golden/bases");

  private TrainingData read(Map<String, Tensor> tensors) {
    write(tensors);
    return TokenizedFile.read(file);
  }

  private TrainingData read(String model, Map<String, Tensor> tensors) {
    write(tensors);
    return TokenizedFile.read(file, Families.read(BASES.resolve(model)));
  }

  private void write(Map<String, Tensor> tensors) {
    SafetensorsWriter writer = SafetensorsWriter.to(file);
    tensors.forEach((name, tensor) -> writer.tensor(name, tensor.type(), tensor.shape()));
    writer.write(
        sink -> {
          for (Map.Entry<String, Tensor> entry : new TreeMap<>(tensors).entrySet()) {
            Tensor tensor = entry.getValue();
            int count = tensor.values().length;
            if (tensor.type().isFloating()) {
              sink.writeFloats(entry.getKey(), tensor.floats(), 0, count);
            } else {
              sink.writeLongs(entry.getKey(), tensor.whole(), 0, count);
            }
          }
        });
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

  @Test
  void typesOfTokensComeWithTheSequences() {
    Tensor types = new Tensor(DType.I64, new long[] {2, 3}, 0, 1, 1, 0, 0, 0);

    TrainingData data = read(Map.of("input_ids", IDS, "token_type_ids", types));

    assertThat(data.batch(1, 0).types().orElseThrow())
        .isDeepEqualTo(new int[][] {{0, 0, 0}, {0, 1, 1}});
    assertThat(data.checksum()).isNotEqualTo(read(Map.of("input_ids", IDS)).checksum());
    assertThat(read(Map.of("input_ids", IDS)).batch(0).types()).isEmpty();
  }

  @Test
  void floatingLabelsAreNumbers() {
    Tensor labels = new Tensor(DType.F32, new long[] {2, 2}, 0.25, -3.5, 7, 1.75);

    TrainingData data = read(Map.of("input_ids", IDS, "labels", labels));
    TokenBatch batch = data.batch(1, 0);

    assertThat(batch.numbers().orElseThrow())
        .isDeepEqualTo(new float[][] {{7, 1.75f}, {0.25f, -3.5f}});
    assertThat(batch.labels()).isDeepEqualTo(new int[][] {{}, {}});
    assertThat(data.labelled()).isEqualTo(2);
  }

  @Test
  void answersHaveTwoEnds() {
    Tensor starts = new Tensor(DType.I64, new long[] {2}, 1, -100);
    Tensor ends = new Tensor(DType.I64, new long[] {2}, 2, -100);

    TrainingData data =
        read(Map.of("input_ids", IDS, "start_positions", starts, "end_positions", ends));

    assertThat(data.size()).as("rows with a label").isEqualTo(1);
    assertThat(data.batch(0).labels()).isDeepEqualTo(new int[][] {{1, 2}});
  }

  /** As transformers, which looks at them in one row: {@code labels.view(-1)}. */
  @Test
  void classesMayStandInAColumn() {
    Tensor column = new Tensor(DType.I64, new long[] {2, 1}, 2, 1);

    TokenBatch batch =
        read("bert_sequence", Map.of("input_ids", IDS, "labels", column)).batch(1, 0);

    assertThat(batch.labels()).isDeepEqualTo(new int[][] {{1}, {2}});
  }

  @Test
  void theHeadSaysWhatLabelsAre() {
    Tensor ofTokens = new Tensor(DType.I64, new long[] {2, 3}, 2, -100, 1, 0, 2, -100);
    Tensor whole = new Tensor(DType.I64, new long[] {2}, 3, 9);

    TokenBatch tags = read("bert_tokens", Map.of("input_ids", IDS, "labels", ofTokens)).batch(0, 1);
    TokenBatch numbers = read("bert_number", Map.of("input_ids", IDS, "labels", whole)).batch(0, 1);

    assertThat(tags.labelled()).as("the first token counts").isEqualTo(4);
    assertThat(tags.labelledTokens())
        .isDeepEqualTo(new boolean[][] {{true, false, true}, {true, true, false}});
    assertThat(numbers.numbers().orElseThrow()).isDeepEqualTo(new float[][] {{3}, {9}});
    assertThat(numbers.labelledTokens()[0]).containsExactly(true, true, true);
  }

  private TaskHead head(Task task, Tensor labels) {
    write(Map.of("input_ids", IDS, "labels", labels));
    return TokenizedFile.head(file, task, Optional.empty());
  }

  @Test
  void labelsTellTheHeadThatTheyNeed() {
    Tensor classes = new Tensor(DType.I64, new long[] {2}, 4, -100);
    Tensor numbers = new Tensor(DType.F32, new long[] {2}, 4, 0.5);
    Tensor shares = new Tensor(DType.F32, new long[] {2, 2}, 0, 1, 0.5, 0.25);
    Tensor several = new Tensor(DType.F32, new long[] {2, 2}, 0, 1, 0.5, -0.25);
    Tensor tags = new Tensor(DType.I64, new long[] {2, 3}, 2, -100, 1, 0, 2, -100);
    Tensor other = new Tensor(DType.I64, new long[] {3}, 2, 1, 0);

    assertThat(head(Task.SEQ_CLS, classes)).isEqualTo(TaskHead.sequences(Labels.count(5)));
    assertThat(head(Task.SEQ_CLS, numbers)).isEqualTo(TaskHead.sequences(Labels.count(1)));
    assertThat(head(Task.SEQ_CLS, shares).problem())
        .isEqualTo(ProblemType.MULTI_LABEL_CLASSIFICATION);
    assertThat(head(Task.SEQ_CLS, several))
        .isEqualTo(TaskHead.sequences(Labels.count(2), ProblemType.REGRESSION));
    assertThat(head(Task.TOKEN_CLS, tags)).isEqualTo(TaskHead.tokens(Labels.count(3)));
    assertThatThrownBy(() -> head(Task.SEQ_CLS, other))
        .hasMessageContaining("labels has the shape [3]; needed: [2] or [2, N].");
  }

  static Stream<Arguments> labelsOfOtherTasks() {
    Tensor ofRows = new Tensor(DType.I64, new long[] {2}, 1, 7);
    Tensor ofTokens = new Tensor(DType.I64, new long[] {2, 3}, 2, 2, 1, 0, 2, 3);
    Tensor shares = new Tensor(DType.F32, new long[] {2, 3}, 0, 1, 0.5, 0.25, 1.5, 0);
    return Stream.of(
        Arguments.of(
            "bert_sequence", "labels", ofRows, "labels holds 7 in row 1; allowed: -100 to 2."),
        Arguments.of(
            "bert_sequence", "labels", ofTokens, "labels has the shape [2, 3]; needed: [2]"),
        Arguments.of(
            "bert_sequence", "start_positions", ofRows, "tensor \"start_positions\" is unknown"),
        Arguments.of(
            "bert_sequence",
            "attention_mask",
            ofTokens,
            "there is no labels; needed: labels [rows]"),
        Arguments.of(
            "bert_tokens", "labels", ofTokens, "labels holds 3 in row 1; allowed: -100 to 2."),
        Arguments.of("bert_tokens", "labels", ofRows, "labels has the shape [2]; needed: [2, 3]"),
        Arguments.of(
            "bert_several", "labels", shares, "labels holds 1.5 in row 1; allowed: 0 to 1"),
        Arguments.of(
            "bert_several",
            "labels",
            ofRows,
            "labels has the shape [2]; needed: [2, 3], a number for each output"),
        Arguments.of("bert_answers", "start_positions", ofRows, "there is no end_positions"),
        Arguments.of("bert_answers", "labels", ofRows, "tensor \"labels\" is unknown"),
        Arguments.of(
            "roberta_sequence",
            "token_type_ids",
            ofTokens,
            "token_type_ids holds 2 in row 0; allowed: 0 to 0."),
        Arguments.of(
            "distilbert_sequence",
            "token_type_ids",
            ofTokens,
            "tensor \"token_type_ids\" is unknown"));
  }

  @ParameterizedTest
  @MethodSource("labelsOfOtherTasks")
  void labelsThatTheModelCannotLearnAreRefused(
      String model, String name, Tensor tensor, String message) {
    Map<String, Tensor> tensors = new TreeMap<>(Map.of("input_ids", IDS, name, tensor));
    if (name.equals("token_type_ids")) {
      tensors.put("labels", new Tensor(DType.I64, new long[] {2}, 0, 1));
    }

    assertThatThrownBy(() -> read(model, tensors))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  @Test
  void vectorsNeedTexts() {
    write(Map.of("input_ids", IDS));
    ModelArchitecture vectors =
        Families.read(BASES.resolve("bert_sequence"), TaskHead.of(Task.FEATURE_EXTRACTION));

    assertThatThrownBy(() -> TokenizedFile.read(file, vectors))
        .hasMessageContaining("learns from pairs or triplets of texts");
  }

  static Stream<Arguments> brokenFiles() {
    return Stream.of(
        Arguments.of(Map.of("ids", IDS), "\"input_ids\": does not exist"),
        Arguments.of(
            Map.of("input_ids", IDS, "label", IDS),
            "tensor \"label\" is unknown; allowed: input_ids, labels, attention_mask,"
                + " token_type_ids, task_ids."),
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
