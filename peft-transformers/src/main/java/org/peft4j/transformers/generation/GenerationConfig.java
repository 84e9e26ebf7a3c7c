package org.peft4j.transformers.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.config.TextLanguages;

/**
 * How to generate text. Names, meanings and defaults are those of Hugging Face transformers.
 *
 * @param maxNewTokens the most new tokens of a row, 1 or more
 * @param maxLength the most tokens of a row, the longest prompt included, 1 or more; empty for
 *     {@code maxNewTokens} after it
 * @param doSample whether to draw tokens at random; otherwise always takes the likeliest, and
 *     {@code temperature}, {@code topK}, {@code topP}, {@code minP} and {@code typicalP} have no
 *     effect
 * @param temperature divides the logits; above 0
 * @param topK draws from the k likeliest tokens only; 0 for all
 * @param topP draws only from the likeliest tokens whose probabilities add up to p; above 0, at
 *     most 1, which means all
 * @param minP draws only from tokens at least so likely, relative to the likeliest; 0 to 1
 * @param typicalP draws only from the most typical tokens whose probabilities add up to p; above 0,
 *     at most 1, which means all
 * @param repetitionPenalty above 1, makes tokens less likely that the text already contains; above
 *     0
 * @param rules which tokens may come where
 * @param beams beam search; with {@code doSample}, each step draws the tokens that go on
 * @param eosTokenIds any of them ends a row; empty for the model's own, an empty list for none
 * @param padTokenId fills up shorter rows; empty for the model's own
 * @param decoderStartTokenId what a decoder that reads an encoder begins with; empty for the
 *     model's own
 * @param promptLookupTokens how many tokens to guess at each step, from what followed the latest
 *     tokens where they came before: as many passes of the model fewer as guesses are right, and
 *     the same text. For one row, without beams; 0 for none
 * @param seed the seed of the random draws
 */
public record GenerationConfig(
    int maxNewTokens,
    OptionalInt maxLength,
    boolean doSample,
    double temperature,
    int topK,
    double topP,
    double minP,
    double typicalP,
    double repetitionPenalty,
    TokenRules rules,
    Beams beams,
    Optional<List<Integer>> eosTokenIds,
    OptionalInt padTokenId,
    OptionalInt decoderStartTokenId,
    int promptLookupTokens,
    long seed) {

  /**
   * Checks every range.
   *
   * @throws PeftException listing all values out of range
   */
  public GenerationConfig {
    eosTokenIds = eosTokenIds.map(List::copyOf);
    List<String> problems = new ArrayList<>();
    require(maxNewTokens >= 1, "maxNewTokens", maxNewTokens, "1 or more", problems);
    require(maxLength.orElse(1) >= 1, "maxLength", maxLength.orElse(1), "1 or more", problems);
    require(positive(temperature), "temperature", temperature, temperatures(), problems);
    require(topK >= 0, "topK", topK, "0 (all tokens) or more", problems);
    require(topP > 0 && topP <= 1, "topP", topP, "above 0, at most 1", problems);
    require(minP >= 0 && minP <= 1, "minP", minP, "0 to 1", problems);
    require(typicalP > 0 && typicalP <= 1, "typicalP", typicalP, "above 0, at most 1", problems);
    if (!doSample && beams.count() == 1 && beams.returned() > 1) {
      problems.add(
          "numReturnSequences is "
              + beams.returned()
              + "; allowed without numBeams and doSample: 1, because all would be the same.");
    }
    require(
        positive(repetitionPenalty),
        "repetitionPenalty",
        repetitionPenalty,
        "a finite number above 0",
        problems);
    for (int id : eosTokenIds.orElse(List.of())) {
      require(id >= 0, "eosTokenIds has", id, "token ids, 0 or more", problems);
    }
    require(
        promptLookupTokens >= 0, "promptLookupTokens", promptLookupTokens, "0 or more", problems);
    if (promptLookupTokens > 0 && beams.count() * beams.returned() > 1) {
      problems.add(
          "promptLookupTokens is "
              + promptLookupTokens
              + ", which continues one row at a time; numBeams and numReturnSequences must be 1.");
    }
    require(padTokenId.orElse(0) >= 0, "padTokenId", padTokenId.orElse(0), "0 or more", problems);
    if (!problems.isEmpty()) {
      throw new PeftException("Invalid GenerationConfig: " + String.join(" ", problems));
    }
  }

  private static String temperatures() {
    return "a finite number above 0 (doSample false always takes the likeliest token)";
  }

  private static boolean positive(double value) {
    return value > 0 && value < Double.POSITIVE_INFINITY;
  }

  private static void require(
      boolean good, String name, Object value, String allowed, List<String> problems) {
    if (!good) {
      problems.add(
          name + (name.endsWith("has") ? " " : " is ") + value + "; allowed: " + allowed + ".");
    }
  }

  /**
   * The same for texts in that language. Where it stands behind texts, as in mBART, the decoder
   * begins with it; where it stands first, as in mBART-50, it is the first new token ({@code
   * forced_bos_token_id}). That is what both learn; the pipeline of Hugging Face transformers
   * forces it in both.
   *
   * @throws PeftException if there is no such language
   */
  public GenerationConfig inLanguage(TextLanguages languages, String language) {
    int id = languages.id(language);
    return new GenerationConfig(
        maxNewTokens,
        maxLength,
        doSample,
        temperature,
        topK,
        topP,
        minP,
        typicalP,
        repetitionPenalty,
        languages.first() ? rules.beginningWith(id) : rules,
        beams,
        eosTokenIds,
        padTokenId,
        languages.first() ? decoderStartTokenId : OptionalInt.of(id),
        promptLookupTokens,
        seed);
  }

  /** Always takes the likeliest token; at most {@code maxNewTokens} tokens. */
  public static GenerationConfig greedy(int maxNewTokens) {
    return builder().maxNewTokens(maxNewTokens).build();
  }

  /**
   * The most new tokens after prompts of which the longest has that many tokens.
   *
   * @throws PeftException if {@code maxLength} leaves none
   */
  int room(int prompt) {
    if (maxLength.isPresent() && maxLength.getAsInt() <= prompt) {
      throw new PeftException(
          "The longest prompt has "
              + prompt
              + " tokens and maxLength is "
              + maxLength.getAsInt()
              + ", prompt included, which leaves no new token. Set maxNewTokens instead.");
    }
    return maxLength.isPresent() ? maxLength.getAsInt() - prompt : maxNewTokens;
  }

  /** A builder with the defaults. */
  public static GenerationConfigBuilder builder() {
    return new GenerationConfigBuilder();
  }
}
