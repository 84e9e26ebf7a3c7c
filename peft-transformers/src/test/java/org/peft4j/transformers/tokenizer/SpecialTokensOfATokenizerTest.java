package org.peft4j.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;

/** Which ids begin, end and fill a text, and what a tokenizer's config may not ask for. */
class SpecialTokensOfATokenizerTest {
  private final Path folder;

  SpecialTokensOfATokenizerTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Tokenizer load(String name, String file, String json) throws IOException {
    TokenizerCase golden = TokenizerCase.of(name);
    golden.writeTo(folder);
    ObjectNode content =
        golden.file(file).isEmpty() ? new ObjectMapper().createObjectNode() : golden.file(file);
    TokenizerCase.write(folder, file, new ObjectMapper().readerForUpdating(content).readTree(json));
    return Tokenizer.load(folder);
  }

  @Test
  void aTextThatBeginsWithTheMarkerHasItOnce() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.load(TokenizerCase.of("llama3").writeTo(folder))) {
      int[] plain = tokenizer.encode("a king", true);

      assertThat(plain[0]).isEqualTo(tokenizer.beginOfText().orElseThrow());
      assertThat(tokenizer.encode("<|begin_of_text|>a king", true)).isEqualTo(plain);
      assertThat(tokenizer.encode("<|begin_of_text|>a king", false)).isEqualTo(plain);
    }
  }

  /** "</s>" has id 2. */
  @Test
  void theTokenizersOwnEndComesBeforeTheModels() throws IOException {
    try (Tokenizer tokenizer = load("llama", "config.json", "{\"eos_token_id\": [7, 2, 9]}")) {
      assertThat(tokenizer.endOfText()).containsExactly(2, 7, 9);
    }
  }

  @Test
  void theGenerationConfigsEndsCountToo() throws IOException {
    TokenizerCase.of("llama").writeTo(folder);
    TokenizerCase.write(
        folder,
        "generation_config.json",
        new ObjectMapper().readTree("{\"eos_token_id\": [2, 11]}"));
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      assertThat(tokenizer.endOfText()).containsExactly(2, 11);
    }
  }

  @Test
  void aModelsMinusOneIsNoPadding() throws IOException {
    try (Tokenizer tokenizer = load("llama", "config.json", "{\"pad_token_id\": -1}")) {
      assertThat(tokenizer.padding()).isEmpty();
    }
  }

  @Test
  void paddingOutsideOfTheModelsVocabularyIsNamed() throws IOException {
    try (Tokenizer tokenizer = load("opt", "config.json", "{\"vocab_size\": 331}")) {
      int padding = TokenizerCase.of("opt").json().path("pad").asInt();

      assertThatThrownBy(tokenizer::padding)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("has id " + padding + ", but the model's vocabulary ends at 330");
    }
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        arguments(
            "{\"split_special_tokens\": true}",
            "split_special_tokens true, which is not supported"),
        arguments(
            "{\"fix_mistral_regex\": true}", "fix_mistral_regex true, which is not supported"),
        arguments(
            "{\"auto_map\": {\"AutoTokenizer\": [\"a.B\", null]}}", "auto_map, code of its own"),
        arguments("{\"fast_tokenizer_files\": [\"tokenizer.4.json\"]}", "fast_tokenizer_files"),
        arguments(
            "{\"tokenizer_class\": \"XGLMTokenizer\"}",
            "The tokenizer's class is \"XGLMTokenizer\""),
        arguments("{\"truncation_side\": \"top\"}", "truncation_side \"top\""),
        arguments("{\"tokenizer_class\": \"T5Tokenizer\"}", "T5 builds a model of type"),
        arguments("{\"add_prefix_space\": \"yes\"}", "add_prefix_space"),
        arguments(
            "{\"added_tokens_decoder\": {\"2147483648\": {\"content\": \"x\"}}}", "2147483648"),
        arguments("{\"eos_token\": 3}", "eos_token"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatAConfigMayNotAskForIsRefusedByName(String json, String message) {
    assertThatThrownBy(() -> load("llama", "tokenizer_config.json", json).close())
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }
}
