package org.peft4j.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every kind of tokenizer that the supported families have gives the ids of transformers'
 * AutoTokenizer for odd texts, and the same texts back.
 */
class OddTextsTest {
  private final Path folder;

  OddTextsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama",
        "llama-legacy",
        "llama-no-prefix",
        "llama-no-config",
        "llama-ends",
        "llama-added",
        "llama3",
        "mistral",
        "mistral-older-files",
        "tekken",
        "qwen2",
        "qwen2-other-class",
        "qwen2-prefix",
        "gpt2",
        "gpt2-prefix",
        "gpt2-as-is",
        "opt",
        "t5",
        "t5-sentinels",
        "unigram-as-is",
        "bert",
        "bert-cased",
        "distilbert",
        "electra",
        "roberta",
        "roberta-prefix",
        "bart",
        "xlm-roberta",
        "xlm-roberta-no-prefix",
        "gpt-neox",
        "gemma",
        "bloom",
        "olmo2-other-class",
        "qwen3",
        "left"
      })
  void idsAndTextsAreAutoTokenizers(String name) throws IOException {
    TokenizerCase golden = TokenizerCase.of(name);
    SoftAssertions soft = new SoftAssertions();
    try (Tokenizer tokenizer = Tokenizer.load(golden.writeTo(folder))) {
      String begin = begin(golden);
      for (JsonNode row : golden.json().path("texts")) {
        String text = row.path("text").textValue();
        int[] ids = ids(row.path("ids"));
        int[] expected = text.startsWith(begin) ? IntStream.of(ids).skip(1).toArray() : ids;
        soft.assertThat(tokenizer.encode(text, true)).as("ids of %s", text).isEqualTo(expected);
        soft.assertThat(tokenizer.encode(text, false))
            .as("plain ids of %s", text)
            .isEqualTo(ids(row.path("plain")));
        soft.assertThat(tokenizer.decode(ids, true))
            .as("text from the ids of %s", text)
            .isEqualTo(row.path("decoded").textValue());
      }
      soft.assertThat(tokenizer.beginOfText()).isEqualTo(id(golden, "bos"));
      soft.assertThat(tokenizer.endOfText()).isEqualTo(id(golden, "eos").stream().boxed().toList());
      soft.assertThat(tokenizer.padding()).isEqualTo(id(golden, "pad"));
      soft.assertThat(tokenizer.vocabularySize()).isEqualTo(golden.json().path("size").asInt());
    }
    soft.assertAll();
    assertThat(golden.json().path("texts")).hasSizeGreaterThan(40);
  }

  /** What a text begins with that gets its first token once here, twice in Python. */
  private static String begin(TokenizerCase golden) {
    JsonNode template = golden.file("tokenizer.json").path("post_processor").path("single").path(0);
    return template.path("SpecialToken").path("id").asText("\0none");
  }

  private static OptionalInt id(TokenizerCase golden, String name) {
    JsonNode id = golden.json().path(name);
    return id.isInt() ? OptionalInt.of(id.intValue()) : OptionalInt.empty();
  }

  private static int[] ids(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }
}
