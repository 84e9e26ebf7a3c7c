package org.peft4j.transformers.config;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;

/**
 * The languages of a tokenizer whose texts say theirs with a token: mBART behind them, {@code
 * tokens </s> de_DE}, and mBART-50 before them, {@code de_DE tokens </s>}, as the tokenizers of
 * Hugging Face transformers do with {@code src_lang} and {@code tgt_lang}.
 *
 * @param ids the token of each language by its code
 * @param first whether it stands before the text
 * @param endToken the end-of-sequence token
 * @param source the language of a text of which nothing else is said: {@code src_lang}
 * @param target that of the texts to be written, if {@code tgt_lang} says it
 */
public record TextLanguages(
    Map<String, Integer> ids, boolean first, int endToken, String source, Optional<String> target) {
  public TextLanguages {
    ids = Collections.unmodifiableMap(new LinkedHashMap<>(ids));
  }

  /**
   * The token of a language.
   *
   * @throws PeftException if there is none of that code
   */
  public int id(String language) {
    Integer id = ids.get(language);
    if (id == null) {
      throw new PeftException(
          "The language is %s, for which the tokenizer has no token. %s"
              .formatted(Quoted.quoted(language), NearestNames.sentence(language, ids.keySet())));
    }
    return id;
  }

  /**
   * The tokens of a text with its end and its language.
   *
   * @param tokens the text's own
   * @param most what is longer loses tokens of its end; 2 and above
   * @throws PeftException if there is no such language
   */
  public int[] around(int[] tokens, String language, int most) {
    int[] own = Arrays.copyOf(tokens, Math.min(tokens.length, most - 2));
    int[] whole = new int[own.length + 2];
    System.arraycopy(own, 0, whole, first ? 1 : 0, own.length);
    whole[first ? 0 : own.length + 1] = id(language);
    whole[first ? own.length + 1 : own.length] = endToken;
    return whole;
  }
}
