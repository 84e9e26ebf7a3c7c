package org.peft4j.transformers.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.peft4j.transformers.internal.logits.BadWords;
import org.peft4j.transformers.internal.logits.Excluded;
import org.peft4j.transformers.internal.logits.Forced;
import org.peft4j.transformers.internal.logits.LogitsProcessor;
import org.peft4j.transformers.internal.logits.MinP;
import org.peft4j.transformers.internal.logits.NoRepeatNgram;
import org.peft4j.transformers.internal.logits.NoSourceNgram;
import org.peft4j.transformers.internal.logits.RepetitionPenalty;
import org.peft4j.transformers.internal.logits.SourcePenalty;
import org.peft4j.transformers.internal.logits.Temperature;
import org.peft4j.transformers.internal.logits.TopK;
import org.peft4j.transformers.internal.logits.TopP;
import org.peft4j.transformers.internal.logits.TypicalP;

/** The processors of logits for a config, in the order of transformers. */
final class Processors {
  private Processors() {}

  /**
   * The processors.
   *
   * @param prompt the number of tokens that rows begin with, padding included
   * @param most the most tokens of a row, prompt included
   * @param endOfText what ends a row
   * @param source the text that a row is made of, padding included
   */
  static List<LogitsProcessor> of(
      GenerationConfig config, int prompt, int most, Set<Integer> endOfText, int[] source) {
    List<LogitsProcessor> all = new ArrayList<>();
    double ofSource = config.rules().encoderRepetitionPenalty();
    if (ofSource != 1) {
      all.add(new SourcePenalty(ofSource, source));
    }
    if (config.repetitionPenalty() != 1) {
      all.add(new RepetitionPenalty(config.repetitionPenalty()));
    }
    if (config.rules().noRepeatNgramSize() > 0) {
      all.add(new NoRepeatNgram(config.rules().noRepeatNgramSize()));
    }
    if (config.rules().encoderNoRepeatNgramSize() > 0) {
      all.add(new NoSourceNgram(config.rules().encoderNoRepeatNgramSize(), source));
    }
    add(config.rules(), prompt, most, endOfText, all);
    if (config.doSample()) {
      // Beams need a token besides those that end them.
      sampling(config, config.beams().count() == 1 ? 1 : Math.max(2, 1 + endOfText.size()), all);
    }
    return List.copyOf(all);
  }

  private static void add(
      TokenRules rules, int prompt, int most, Set<Integer> endOfText, List<LogitsProcessor> all) {
    List<List<Integer>> bad =
        rules.badWordsIds().stream()
            .filter(word -> word.size() > 1 || !endOfText.contains(word.get(0)))
            .toList();
    if (!bad.isEmpty()) {
      all.add(new BadWords(bad));
    }
    int least = Math.max(rules.minLength(), prompt + rules.minNewTokens());
    if (least > prompt) {
      all.add(new Excluded(endOfText, length -> length < least));
    }
    rules.forcedBosTokenId().ifPresent(id -> all.add(new Forced(Set.of(id), 1)));
    if (!rules.forcedEosTokenIds().isEmpty()) {
      all.add(new Forced(Set.copyOf(rules.forcedEosTokenIds()), most - 1));
    }
    if (!rules.suppressTokens().isEmpty()) {
      all.add(new Excluded(Set.copyOf(rules.suppressTokens()), length -> true));
    }
    if (!rules.beginSuppressTokens().isEmpty()) {
      int first = prompt > 1 || rules.forcedBosTokenId().isEmpty() ? prompt : prompt + 1;
      all.add(new Excluded(Set.copyOf(rules.beginSuppressTokens()), length -> length == first));
    }
  }

  /**
   * @param least the number of tokens that always stay
   */
  private static void sampling(GenerationConfig config, int least, List<LogitsProcessor> all) {
    if (config.temperature() != 1) {
      all.add(new Temperature(config.temperature()));
    }
    if (config.topK() != 0) {
      all.add(new TopK(Math.max(config.topK(), least)));
    }
    if (config.topP() < 1) {
      all.add(new TopP(config.topP(), least));
    }
    if (config.minP() > 0) {
      all.add(new MinP(config.minP(), least));
    }
    if (config.typicalP() < 1) {
      all.add(new TypicalP(config.typicalP(), least));
    }
  }
}
