package org.peft4j.train.data.task;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;

/** Rows become the ids, types and labels that Hugging Face transformers' examples make of them. */
class RowsParityTest {
  private static final Path GOLDEN = Path.of("../peft-transformers/src/test/resources/golden");

  private static JsonNode json() {
    try {
      return JsonMapper.builder().build().readTree(GOLDEN.resolve("rows.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> cases() {
    List<String> names = new ArrayList<>();
    json().path("cases").fieldNames().forEachRemaining(names::add);
    return names;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rowsBecomeTheReferencesTokens(String name, @TempDir Path folder) throws IOException {
    JsonNode all = json();
    JsonNode json = all.path("cases").path(name);
    Path file = folder.resolve("rows.jsonl");
    Files.write(
        file,
        StreamSupport.stream(json.path("rows").spliterator(), false)
            .map(JsonNode::toString)
            .toList());

    TrainingData data =
        DataFiles.of(GOLDEN.resolve("predictions").resolve(json.path("model").asText()))
            .withSequenceLength(all.path("window").asInt())
            .withStride(all.path("stride").asInt())
            .read(file);

    JsonNode expected = json.path("sequences");
    assertThat(data.size()).isEqualTo(expected.size());
    for (int row = 0; row < data.size(); row++) {
      TokenBatch batch = data.batch(row);
      JsonNode wanted = expected.get(row);
      assertThat(batch.inputIds()[0]).as("ids of %d", row).isEqualTo(ints(wanted, "input_ids"));
      int[] types = ints(wanted, "token_type_ids");
      assertThat(batch.types().map(t -> t[0]).orElse(new int[batch.time()]))
          .as("types of %d", row)
          .isEqualTo(types.length == 0 ? new int[batch.time()] : types);
      requireLabels(batch, wanted);
    }
  }

  private static void requireLabels(TokenBatch batch, JsonNode wanted) {
    if (wanted.has("start")) {
      assertThat(batch.labels()[0])
          .containsExactly(wanted.path("start").asInt(), wanted.path("end").asInt());
    } else if (batch.numbers().isPresent()) {
      float[] numbers = batch.numbers().get()[0];
      JsonNode labels = wanted.path("labels");
      assertThat(IntStream.range(0, numbers.length).mapToObj(i -> (double) numbers[i]).toList())
          .isEqualTo(
              labels.isArray()
                  ? StreamSupport.stream(labels.spliterator(), false)
                      .map(JsonNode::asDouble)
                      .toList()
                  : List.of(labels.asDouble()));
    } else {
      assertThat(batch.labels()[0]).isEqualTo(ints(wanted, "labels"));
    }
  }

  private static int[] ints(JsonNode json, String field) {
    JsonNode value = json.path(field);
    return value.isArray()
        ? StreamSupport.stream(value.spliterator(), false).mapToInt(JsonNode::asInt).toArray()
        : value.isMissingNode() ? new int[0] : new int[] {value.asInt()};
  }
}
