package org.peft4j.train.preference;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.tokenizer.Tokenizer;

/** Rows of answers, as texts and as messages, beside what TRL's trainers prepare of them. */
class PreferenceTokensTest {
  private static final Path MODEL =
      Path.of("../peft-transformers/src/test/resources/golden/predictions/llama_text");
  private static final Path TEMPLATES = Path.of("../peft-chat/src/test/resources/chat/templates");

  static List<JsonNode> cases() throws IOException {
    JsonNode all =
        JsonMapper.builder()
            .build()
            .readTree(Path.of("src/test/resources/preferences/rows.json").toFile());
    return StreamSupport.stream(all.spliterator(), false).toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void promptsAndAnswersAreThoseOfTrl(JsonNode json, @TempDir Path folder) throws IOException {
    List<String> lines = new ArrayList<>();
    json.path("rows").forEach(row -> lines.add(row.toString()));
    Table table = Table.of(Files.write(folder.resolve("rows.jsonl"), lines));
    Path template = template(json.path("template").asText(), folder);
    try (Tokenizer tokenizer = Tokenizer.load(MODEL)) {
      PreferenceRows rows =
          PreferenceRows.of(
              MODEL, tokenizer, Optional.of(template), json.path("longest").asInt(4096));
      JsonNode expected = json.path("expected");
      if (json.path("rated").asBoolean()) {
        RatedData data = rows.rated(table);
        assertThat(data.size()).isEqualTo(expected.size());
        for (int i = 0; i < data.size(); i++) {
          RatedBatch batch = data.batch(i);
          requireEqual(batch.matched(), 0, expected.get(i), 1);
          assertThat(batch.answers().get(0).desirable())
              .isEqualTo(expected.get(i).get(2).asBoolean());
        }
      } else if (json.path("rewarded").asBoolean()) {
        PreferenceData data = rows.forRewards().pairs(table);
        assertThat(data.size()).isEqualTo(expected.size());
        for (int i = 0; i < data.size(); i++) {
          TokenBatch answers = data.batch(i).answers(false);
          for (int answer = 1; answer <= 2; answer++) {
            int[] row = answers.inputIds()[answer - 1];
            int length = Arrays.stream(answers.attentionMask()[answer - 1]).sum();
            assertThat(Arrays.copyOf(row, length))
                .containsExactly(ids(expected.get(i).get(answer)));
          }
        }
      } else {
        PreferenceData data = rows.pairs(table);
        assertThat(data.size()).isEqualTo(expected.size());
        for (int i = 0; i < data.size(); i++) {
          TokenBatch answers = data.batch(i).answers(false);
          requireEqual(answers, 0, expected.get(i), 1);
          requireEqual(answers, 1, expected.get(i), 2);
        }
      }
    }
  }

  /** A template in which it is always the day of the expected tokens. */
  private static Path template(String name, Path folder) throws IOException {
    String text = Files.readString(TEMPLATES.resolve(name + ".jinja"));
    return Files.writeString(
        folder.resolve(name + ".jinja"),
        text.replace("strftime_now(\"%d %b %Y\")", "\"29 Nov 2026\""));
  }

  private static int[] ids(JsonNode json) {
    return StreamSupport.stream(json.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  private static void requireEqual(TokenBatch answers, int row, JsonNode expected, int answer) {
    int prompt = expected.get(0).size();
    int length = prompt + expected.get(answer).size();
    int[] ids =
        IntStream.range(0, length)
            .map(
                i ->
                    (i < prompt ? expected.get(0).get(i) : expected.get(answer).get(i - prompt))
                        .asInt())
            .toArray();
    int[] labels = ids.clone();
    Arrays.fill(labels, 0, prompt, TokenSequence.IGNORED);
    assertThat(Arrays.copyOf(answers.inputIds()[row], length)).containsExactly(ids);
    assertThat(Arrays.copyOf(answers.labels()[row], length)).containsExactly(labels);
    assertThat(Arrays.stream(answers.attentionMask()[row]).sum()).isEqualTo(length);
  }
}
