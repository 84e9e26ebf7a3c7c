package org.peft4j.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Texts, pairs and words have the tokens, types, places and windows of AutoTokenizer. */
class GoldenInputsTest {
  private static final JsonNode GOLDEN = golden();

  private final Path folder;

  GoldenInputsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static JsonNode golden() {
    try (InputStream in = GoldenInputsTest.class.getResourceAsStream("/tokenizers/inputs.json")) {
      return new ObjectMapper().readTree(Objects.requireNonNull(in));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static Stream<String> names() {
    return GOLDEN.properties().stream().map(java.util.Map.Entry::getKey);
  }

  @ParameterizedTest
  @MethodSource("names")
  void tokensAndPlacesAreAutoTokenizers(String name) throws IOException {
    SoftAssertions soft = new SoftAssertions();
    try (Tokenizer tokenizer = Tokenizer.load(TokenizerCase.of(name).writeTo(folder))) {
      for (JsonNode row : GOLDEN.path(name)) {
        String what = row.path("words") + " " + row.path("first") + " " + row.path("second");
        what += " " + row.path("limit") + " " + row.path("stride");
        List<EncodedText> windows = tokenizer.encode(input(row), limit(row));
        soft.assertThat(windows).as(what).hasSameSizeAs(row.path("windows"));
        for (int i = 0; i < Math.min(windows.size(), row.path("windows").size()); i++) {
          compare(soft, what + " window " + i, windows.get(i), row, row.path("windows").get(i));
        }
      }
    }
    soft.assertAll();
    assertThat(GOLDEN.path(name)).hasSizeGreaterThan(70);
  }

  private static TextInput input(JsonNode row) {
    if (row.has("words")) {
      return TextInput.words(words(row));
    }
    String first = row.path("first").textValue();
    return row.path("second").isNull()
        ? TextInput.of(first)
        : TextInput.pair(first, row.path("second").textValue());
  }

  private static List<String> words(JsonNode row) {
    return StreamSupport.stream(row.path("words").spliterator(), false)
        .map(JsonNode::textValue)
        .toList();
  }

  private static TextLimit limit(JsonNode row) {
    if (row.path("limit").isNull()) {
      return TextLimit.none();
    }
    int tokens = row.path("limit").intValue();
    return row.path("stride").isNull()
        ? TextLimit.of(tokens)
        : TextLimit.windows(tokens, row.path("stride").intValue());
  }

  private static void compare(
      SoftAssertions soft, String what, EncodedText encoded, JsonNode row, JsonNode expected) {
    soft.assertThat(encoded.ids()).as("ids of " + what).isEqualTo(numbers(expected, "ids"));
    soft.assertThat(encoded.types()).as("types of " + what).isEqualTo(numbers(expected, "types"));
    int[] texts = numbers(expected, "texts");
    int[] words = numbers(expected, "words");
    soft.assertThat(of(encoded, TokenPlace::text)).as("texts of " + what).isEqualTo(texts);
    soft.assertThat(of(encoded, TokenPlace::word)).as("words of " + what).isEqualTo(words);
    List<Integer> begins = new ArrayList<>();
    List<Integer> ends = new ArrayList<>();
    for (int t = 0; t < texts.length; t++) {
      if (texts[t] >= 0) {
        String text =
            row.has("words")
                ? words(row).get(words[t])
                : row.path(texts[t] == 0 ? "first" : "second").textValue();
        begins.add(text.offsetByCodePoints(0, numbers(expected, "begins")[t]));
        ends.add(text.offsetByCodePoints(0, numbers(expected, "ends")[t]));
      }
    }
    List<TokenPlace> places =
        encoded.tokens().stream().flatMap(token -> token.place().stream()).toList();
    soft.assertThat(places.stream().map(TokenPlace::begin).toList())
        .as("begins of " + what)
        .isEqualTo(begins);
    soft.assertThat(places.stream().map(TokenPlace::end).toList())
        .as("ends of " + what)
        .isEqualTo(ends);
  }

  private static int[] of(EncodedText encoded, ToIntFunction<TokenPlace> field) {
    return encoded.tokens().stream()
        .mapToInt(token -> token.place().map(field::applyAsInt).orElse(-1))
        .toArray();
  }

  private static int[] numbers(JsonNode window, String name) {
    return StreamSupport.stream(window.path(name).spliterator(), false)
        .mapToInt(JsonNode::intValue)
        .toArray();
  }
}
