package org.peft4j.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;

/**
 * Files that would end the process, or fill its memory, in the native library: each is refused with
 * one error that names the field. In each row one field of a sound file is another.
 */
@Timeout(value = 20, unit = TimeUnit.SECONDS)
class HostileTokenizerTest {
  private final Path folder;

  HostileTokenizerTest(@TempDir Path folder) {
    this.folder = folder;
  }

  static Stream<Arguments> parts() {
    String growing =
        IntStream.range(0, 6)
            .mapToObj(i -> replace("{\"String\":\"a\"}", "a".repeat(40)))
            .reduce((a, b) -> a + "," + b)
            .orElseThrow();
    return Stream.of(
        // Fields, numbers and depths that are unknown
        arguments(
            "decoder", "{\"type\":\"Fuse\",\"x\":\"\\ud800\"}", "decoder has an unknown field"),
        arguments(
            "decoder", "{\"type\":\"Fuse\",\"x\":1e999}", "decoder has an unknown field \"x\""),
        arguments("decoder", nested(200), "depth"),
        arguments("decoder", nested(10), "is a sequence in 4 others"),
        arguments("decoder", "{\"type\":\"Gone\"}", "decoder is of kind \"Gone\""),
        arguments("decoder", strip(1), "decoder.stop is 1; allowed: an integer from 0 to 0"),
        arguments("decoder", "{\"type\":\"BPEDecoder\",\"suffix\":\"\"}", "decoder.suffix"),
        // Pre-tokenizers
        arguments(
            "pre_tokenizer", "{\"type\":\"FixedLength\",\"length\":0}", "pre_tokenizer.length"),
        arguments("pre_tokenizer", "{\"type\":\"FixedLength\"}", "pre_tokenizer.length is missing"),
        arguments("pre_tokenizer", split("(".repeat(20_000)), "20,000 characters; allowed"),
        arguments(
            "pre_tokenizer", split("(".repeat(100) + "a" + ")".repeat(100)), "deeper than 16"),
        arguments("pre_tokenizer", split("(a|b)*c"), "repeats alternatives without end"),
        arguments("pre_tokenizer", split("(a+)+c"), "repeats alternatives without end"),
        arguments("pre_tokenizer", split("a*a*b"), "two repetitions without end"),
        arguments("pre_tokenizer", split("a{100000}"), "that is no count"),
        arguments("pre_tokenizer", split("(?:a{900}){900}b{2,}?"), "repeat"),
        arguments("pre_tokenizer", split("(a)\\\\1"), "an escape that is not supported"),
        arguments("pre_tokenizer", split("(?<n>a)\\\\g<n>"), "kind of group that is not supported"),
        arguments("pre_tokenizer", split("a*"), "can match nothing"),
        arguments("pre_tokenizer", split(""), "can match nothing"),
        arguments("pre_tokenizer", split("\\ud800"), "half of a character"),
        arguments(
            "pre_tokenizer",
            "{\"type\":\"Metaspace\",\"replacement\":\"ab\"}",
            "pre_tokenizer.replacement"),
        // Templates that name what is not there
        arguments("post_processor", template("<s>", "A", ""), "single[0].SpecialToken.id"),
        arguments("post_processor", template("<s>", "A", special("<s>", "<s>", 9999)), "ids is"),
        arguments(
            "post_processor", template("<s>", "A", special("<s>\\u0000", "<s>", 1)), ".id is"),
        arguments("post_processor", template("<s>", "B", special("<s>", "<s>", 1)), "allowed: A"),
        arguments(
            "post_processor",
            "{\"type\":\"Sequence\",\"processors\":[%1$s,%1$s]}"
                .formatted(template("<s>", "A", special("<s>", "<s>", 1))),
            "processors[1].type is \"TemplateProcessing\"; allowed: one template"),
        arguments("post_processor", "{\"type\":\"BertProcessing\",\"sep\":[],\"cls\":[]}", "sep"),
        // Normalizers
        arguments("normalizer", sequence(growing), "normalizers[1] makes a text up to 1,600 times"),
        arguments("normalizer", replace("{\"Regex\":\"x*\"}", "y"), "can match nothing"),
        arguments("normalizer", replace("{\"String\":\"\"}", "y"), "pattern.String"),
        arguments("normalizer", precompiled(""), "has 0 bytes"),
        arguments("normalizer", precompiled("AAAAAAAAAAA="), "has a trie of 0 bytes"),
        arguments(
            "normalizer", precompiled("/////3h4eHh4eHh4"), "has a trie of 4,294,967,295 bytes"),
        arguments("normalizer", precompiled("BAAAAAD///94eHh4"), "leads out of its trie"),
        arguments("normalizer", precompiled("BAAAAAAAAAB4eHh4"), "in the middle of a node's block"),
        arguments("normalizer", precompiled("!"), "is not Base64"),
        // Models
        arguments(
            "model", bytePairs("\"##\"", "{\"a\":0,\"b\":1}", "[\"a b\"]"), "without the prefix"),
        arguments("model", bytePairs("null", "{\"a\":0,\"b\":1}", "[\"a b\"]"), "needs \"ab\""),
        arguments("model", bytePairs("null", "{\"a\":0}", "[[\"a\"]]"), "allowed: two tokens"),
        arguments(
            "model", bytePairs("null", "{\"a\":2147483648}", "[]"), "allowed: an id of its own"),
        arguments("model", bytePairs("null", "{\"a\":-1}", "[]"), "allowed: an id of its own"),
        arguments(
            "model", bytePairs("null", "{\"a\":1,\"b\":1}", "[]"), "allowed: an id of its own"),
        arguments("model", bytePairs("null", "{\"\\ud800\":1}", "[]"), "surrogate"),
        arguments("model", unigram("[]", 0), "model.vocab"),
        arguments("model", unigram("[[\"a\",1e999]]", 0), "a text and a finite score"),
        arguments("model", unigram("[[\"a\",0]]", 1), "model.unk_id"),
        arguments("model", "{\"type\":\"WordLevel\",\"vocab\":{}}", "model.unk_token is missing"),
        // The rest
        arguments("added_tokens", "[{\"id\":2147483648,\"content\":\"x\"}]", "added_tokens[0].id"),
        arguments("added_tokens", "[{\"id\":0,\"content\":\"\"}]", "added_tokens[0].content"),
        arguments("truncation", "{\"direction\":\"Up\"}", "truncation.direction"),
        arguments("padding", "{\"strategy\":{\"Fixed\":-1}}", "padding.strategy.Fixed"),
        arguments("version", "\"2.0\"", "version is"),
        arguments("surprise", "1", "has an unknown field \"surprise\""));
  }

  @ParameterizedTest
  @MethodSource("parts")
  void aPartThatTheLibraryCouldNotStandIsRefusedByName(String field, String part, String message)
      throws IOException {
    ObjectNode file = TokenizerCase.of("llama-no-config").file("tokenizer.json");
    String marker = "\"put the part here\"";
    String text = file.put(field, "put the part here").toString().replace(marker, part);
    Files.writeString(folder.resolve("tokenizer.json"), text);

    assertThatThrownBy(() -> Tokenizer.load(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aTextTooLongForTheExpressionsIsRefusedWithTheLimit() throws IOException {
    TokenizerCase.of("qwen2").writeTo(folder);
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      assertThatThrownBy(() -> tokenizer.encode(" ".repeat(12_000_000), true))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("12,000,000 characters")
          .hasMessageContaining(String.format("takes up to %,d", tokenizer.longestText()));
    }
  }

  @Test
  void halfOfACharacterIsRefused() throws IOException {
    TokenizerCase.of("gpt2").writeTo(folder);
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      assertThatThrownBy(() -> tokenizer.encode("ab\ud83d", true))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("\\ud83d, at 2");
    }
  }

  @Test
  void aCharacterWithoutATokenIsAnErrorWhereTheUnknownTokenIsMissing() throws IOException {
    ObjectNode file = TokenizerCase.of("llama-no-config").file("tokenizer.json");
    file.putNull("normalizer").putNull("post_processor").putNull("decoder");
    file.putArray("added_tokens");
    ObjectNode model = file.putObject("model").put("type", "WordLevel").put("unk_token", "gone");
    model.putObject("vocab").put("a", 0);
    TokenizerCase.write(folder, "tokenizer.json", file);
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      assertThatThrownBy(() -> tokenizer.encode("b", true))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("The tokenizers library fails");
    }
  }

  private static String nested(int depth) {
    String open = "{\"type\":\"Sequence\",\"decoders\":[";
    return open.repeat(depth) + "{\"type\":\"Fuse\"}" + "]}".repeat(depth);
  }

  private static String strip(int stop) {
    return "{\"type\":\"Strip\",\"content\":\" \",\"start\":0,\"stop\":" + stop + "}";
  }

  private static String split(String expression) {
    return "{\"type\":\"Split\",\"behavior\":\"Isolated\",\"invert\":false,\"pattern\":{\"Regex\":\""
        + expression
        + "\"}}";
  }

  private static String template(String token, String sequence, String special) {
    return "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\""
        + token
        + "\",\"type_id\":0}},{\"Sequence\":{\"id\":\""
        + sequence
        + "\",\"type_id\":0}}],\"pair\":[],\"special_tokens\":{"
        + special
        + "}}";
  }

  private static String special(String key, String id, int number) {
    return "\"%s\":{\"id\":\"%s\",\"ids\":[%d],\"tokens\":[\"<s>\"]}".formatted(key, id, number);
  }

  private static String sequence(String steps) {
    return "{\"type\":\"Sequence\",\"normalizers\":[" + steps + "]}";
  }

  private static String replace(String pattern, String content) {
    return "{\"type\":\"Replace\",\"pattern\":" + pattern + ",\"content\":\"" + content + "\"}";
  }

  private static String precompiled(String base64) {
    return "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"" + base64 + "\"}";
  }

  private static String bytePairs(String prefix, String vocabulary, String merges) {
    return "{\"type\":\"BPE\",\"continuing_subword_prefix\":%s,\"vocab\":%s,\"merges\":%s}"
        .formatted(prefix, vocabulary, merges);
  }

  private static String unigram(String vocabulary, int unknown) {
    return "{\"type\":\"Unigram\",\"unk_id\":%d,\"vocab\":%s}".formatted(unknown, vocabulary);
  }
}
