package org.peft4j.transformers.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.peft4j.error.PeftException;

/**
 * Which tokens may come where. Names, meanings and defaults are those of Hugging Face transformers.
 *
 * @param minLength the fewest tokens of a row with its prompt, or of a decoder's; 0 for any
 * @param minNewTokens the fewest new tokens; 0 for any
 * @param noRepeatNgramSize no run of so many tokens comes twice; 0 for any
 * @param encoderNoRepeatNgramSize no run of so many tokens of the prompt, or of the encoder's text,
 *     comes; 0 for any
 * @param encoderRepetitionPenalty above 1, tokens of the prompt, or of the encoder's text, are
 *     likelier; above 0
 * @param badWordsIds words, each a list of token ids, that never come
 * @param suppressTokens tokens that never come
 * @param beginSuppressTokens tokens that never come first
 * @param forcedBosTokenId the first new token of a decoder that begins with a single token
 * @param forcedEosTokenIds one of them is the last token of a row that reaches the most tokens
 * @param stopStrings texts that end a row
 */
public record TokenRules(
    int minLength,
    int minNewTokens,
    int noRepeatNgramSize,
    int encoderNoRepeatNgramSize,
    double encoderRepetitionPenalty,
    List<List<Integer>> badWordsIds,
    List<Integer> suppressTokens,
    List<Integer> beginSuppressTokens,
    OptionalInt forcedBosTokenId,
    List<Integer> forcedEosTokenIds,
    List<String> stopStrings) {
  /** Every token may come anywhere. */
  public static final TokenRules NONE =
      new TokenRules(
          0,
          0,
          0,
          0,
          1,
          List.of(),
          List.of(),
          List.of(),
          OptionalInt.empty(),
          List.of(),
          List.of());

  /**
   * Checks every range.
   *
   * @throws PeftException listing all values out of range
   */
  public TokenRules {
    badWordsIds = badWordsIds.stream().map(List::copyOf).toList();
    suppressTokens = List.copyOf(suppressTokens);
    beginSuppressTokens = List.copyOf(beginSuppressTokens);
    forcedEosTokenIds = List.copyOf(forcedEosTokenIds);
    stopStrings = List.copyOf(stopStrings);
    List<String> problems = new ArrayList<>();
    require(minLength >= 0, "minLength", minLength, problems);
    require(minNewTokens >= 0, "minNewTokens", minNewTokens, problems);
    require(noRepeatNgramSize >= 0, "noRepeatNgramSize", noRepeatNgramSize, problems);
    int ofSource = encoderNoRepeatNgramSize;
    require(ofSource >= 0, "encoderNoRepeatNgramSize", ofSource, problems);
    if (!(encoderRepetitionPenalty > 0) || Double.isInfinite(encoderRepetitionPenalty)) {
      problems.add(
          "encoderRepetitionPenalty is " + encoderRepetitionPenalty + "; allowed: above 0.");
    }
    if (badWordsIds.stream().anyMatch(List::isEmpty)) {
      problems.add("badWordsIds has a word without tokens; allowed: lists of 1 or more ids.");
    }
    if (stopStrings.stream().anyMatch(String::isEmpty)) {
      problems.add("stopStrings has an empty text; allowed: texts of 1 or more characters.");
    }
    if (!problems.isEmpty()) {
      throw new PeftException("Invalid TokenRules: " + String.join(" ", problems));
    }
  }

  private static void require(boolean good, String name, int value, List<String> problems) {
    if (!good) {
      problems.add(name + " is " + value + "; allowed: 0 or more.");
    }
  }

  /** The same with that token as the first new one. */
  TokenRules beginningWith(int id) {
    return new TokenRules(
        minLength,
        minNewTokens,
        noRepeatNgramSize,
        encoderNoRepeatNgramSize,
        encoderRepetitionPenalty,
        badWordsIds,
        suppressTokens,
        beginSuppressTokens,
        OptionalInt.of(id),
        forcedEosTokenIds,
        stopStrings);
  }

  /** Every token id in these rules, to compare with a vocabulary. */
  Stream<Integer> ids() {
    return Stream.of(
            badWordsIds.stream().flatMap(List::stream),
            suppressTokens.stream(),
            beginSuppressTokens.stream(),
            forcedBosTokenId.stream().boxed(),
            forcedEosTokenIds.stream())
        .flatMap(each -> each);
  }
}
