package org.peft4j.train.data.chat;

import java.util.Arrays;
import java.util.List;
import org.peft4j.transformers.tokenizer.EncodedToken;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;
import org.peft4j.transformers.tokenizer.TokenPlace;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * The tokens of a rendered conversation, with their places: those of the text alone, as a template
 * writes the special tokens itself.
 *
 * @param ids of all tokens
 * @param begins the first character of each
 * @param ends the character behind each
 */
record ChatTokens(int[] ids, int[] begins, int[] ends) {
  static ChatTokens of(Tokenizer tokenizer, String text) {
    List<EncodedToken> tokens =
        tokenizer.encode(TextInput.of(text), TextLimit.none()).get(0).tokens().stream()
            .filter(token -> !token.special())
            .toList();
    return new ChatTokens(
        tokens.stream().mapToInt(EncodedToken::id).toArray(),
        tokens.stream().mapToInt(token -> token.place().map(TokenPlace::begin).orElse(0)).toArray(),
        tokens.stream().mapToInt(token -> token.place().map(TokenPlace::end).orElse(0)).toArray());
  }

  /** The first token that ends behind a character. */
  int first(int character) {
    int token = 0;
    while (token < ids.length && ends[token] <= character) {
      token++;
    }
    return token;
  }

  /** The first token that begins at a character or behind it. */
  int behind(int character) {
    int token = ids.length;
    while (token > 0 && begins[token - 1] >= character) {
      token--;
    }
    return token;
  }

  /** No token learned. */
  boolean[] none() {
    return new boolean[ids.length];
  }

  /** Marks the tokens that have a character of a part. */
  void mark(boolean[] learned, int begin, int end) {
    int first = first(begin);
    int behind = behind(end);
    if (end > begin && first < behind) {
      Arrays.fill(learned, first, behind, true);
    }
  }
}
