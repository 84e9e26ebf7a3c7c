package org.peft4j.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;

/** Places of tokens in texts, and limits that leave no room. */
class TokenPlacesTest {
  private final Path folder;

  TokenPlacesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Tokenizer load(String name) throws IOException {
    return Tokenizer.load(TokenizerCase.of(name).writeTo(folder));
  }

  @Test
  void windowsTogetherCoverTheSecondText() throws IOException {
    String context =
        "The king of Oakford had three daughters, and all of them live there. ".repeat(3);
    List<TokenPlace> found = new ArrayList<>();
    try (Tokenizer tokenizer = load("bert")) {
      TextInput pair = TextInput.pair("Who lives in Oakford?", context);
      for (EncodedText window : tokenizer.encode(pair, TextLimit.windows(48, 16))) {
        for (EncodedToken token : window.tokens()) {
          token.place().filter(place -> place.text() == 1).ifPresent(place -> found.add(place));
        }
      }
    }
    List<Integer> covered =
        found.stream()
            .flatMapToInt(place -> IntStream.range(place.begin(), place.end()))
            .distinct()
            .sorted()
            .boxed()
            .toList();
    List<Integer> letters =
        IntStream.range(0, context.length()).filter(i -> context.charAt(i) != ' ').boxed().toList();
    assertThat(covered).isEqualTo(letters);
    assertThat(found.size()).isGreaterThan((int) found.stream().distinct().count());
  }

  @Test
  void aTokenHasTheSamePlaceInEveryWindow() throws IOException {
    TextInput text = TextInput.of("The king had three daughters, and one son.");
    try (Tokenizer tokenizer = load("roberta-prefix")) {
      List<EncodedToken> whole = tokenizer.encode(text, TextLimit.none()).get(0).tokens();
      List<EncodedText> windows = tokenizer.encode(text, TextLimit.windows(9, 6));

      assertThat(windows).hasSizeGreaterThan(5);
      for (int i = 0; i < windows.size(); i++) {
        List<EncodedToken> tokens = windows.get(i).tokens();
        assertThat(tokens.subList(1, tokens.size() - 1))
            .isEqualTo(whole.subList(1 + i, Math.min(whole.size() - 1, 8 + i)));
      }
    }
  }

  @Test
  void aTextThatBeginsWithTheMarkerHasItOnce() throws IOException {
    try (Tokenizer tokenizer = load("llama3")) {
      String text = "<|begin_of_text|>Once";
      EncodedText encoded = tokenizer.encode(TextInput.of(text), TextLimit.of(4)).get(0);

      assertThat(encoded.ids()).startsWith(tokenizer.encode("", true)).hasSize(3);
      assertThat(encoded.tokens().get(0).place()).contains(new TokenPlace(0, 0, 0, 17, 0));
      assertThat(encoded.tokens().get(0).special()).isFalse();
    }
  }

  @Test
  void aLimitOfTheTokenizersOwnTokensLeavesNothingOfAText() throws IOException {
    try (Tokenizer tokenizer = load("bert")) {
      TextInput text = TextInput.of("a king");

      assertThat(tokenizer.encode(text, TextLimit.of(2)).get(0).ids()).containsExactly(2, 3);
      assertRefused(tokenizer, text, TextLimit.of(1), "allowed: 2 or more");
      assertRefused(
          tokenizer, TextInput.pair("a", "b"), TextLimit.of(2), "puts 3 around two texts");
    }
  }

  @Test
  void windowsWithoutRoomAreRefused() throws IOException {
    try (Tokenizer tokenizer = load("bert")) {
      TextInput long1 = TextInput.pair("Who? ".repeat(10), "the king");
      TextInput text = TextInput.of("the king had three daughters");

      assertRefused(
          tokenizer,
          long1,
          TextLimit.windows(12, 0),
          "room for 0 of the second text, as the first");
      assertRefused(
          tokenizer, text, TextLimit.windows(6, 4), "room for 4 of the text; the stride is 4");
    }
  }

  private static void assertRefused(
      Tokenizer tokenizer, TextInput input, TextLimit limit, String message) {
    assertThatThrownBy(() -> tokenizer.encode(input, limit))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  @Test
  void limitsOutsideOfTheirRangeAreRefusedTogether() {
    assertThatThrownBy(() -> TextLimit.windows(0, -1))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "The limit is 0 tokens; allowed: 1 or more. The stride is -1 tokens; allowed: 0 or"
                + " more.");
  }

  @Test
  void halfACharacterIsNamed() {
    assertThatThrownBy(() -> TextInput.words(List.of("a", "b\ud83d")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("Word 1 has half of a character");
    assertThatThrownBy(() -> TextInput.pair("a", "\ude00"))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("The second text has half of a character");
  }

  @Test
  void wordsThatAreTooLongTogetherAreRefused() throws IOException {
    try (Tokenizer tokenizer = load("bert")) {
      String word = "x".repeat(tokenizer.longestText() / 2 + 1);

      assertRefused(
          tokenizer,
          TextInput.words(List.of(word, word)),
          TextLimit.none(),
          "this tokenizer takes");
    }
  }

  @Test
  void aTemplateWithATextTwiceIsRefused() throws IOException {
    TokenizerCase bert = TokenizerCase.of("bert");
    com.fasterxml.jackson.databind.node.ObjectNode file = bert.file("tokenizer.json");
    com.fasterxml.jackson.databind.node.ArrayNode pair =
        (com.fasterxml.jackson.databind.node.ArrayNode) file.path("post_processor").path("pair");
    pair.add(pair.get(1).deepCopy());
    bert.writeTo(folder);
    TokenizerCase.write(folder, "tokenizer.json", file);
    TokenizerCase.write(
        folder,
        "tokenizer_config.json",
        file.objectNode().put("tokenizer_class", "PreTrainedTokenizerFast"));
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      assertRefused(
          tokenizer, TextInput.pair("a", "b"), TextLimit.none(), "the sequences A and B once each");
      assertThat(tokenizer.encode(TextInput.of("a"), TextLimit.none()).get(0).length())
          .isEqualTo(3);
    }
  }
}
