package org.peft4j.train.preference;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.TokenBatch;

/**
 * Pairs of answers side by side. All answers go through a model in one pass: the chosen ones, then
 * the rejected ones.
 */
public final class PreferenceBatch implements Batch {
  private final List<PreferencePair> pairs;
  private final int padToken;
  private final ReferenceValues reference;

  PreferenceBatch(List<PreferencePair> pairs, int padToken, ReferenceValues reference) {
    this.pairs = List.copyOf(pairs);
    this.padToken = padToken;
    this.reference = reference;
  }

  /** The number of pairs. */
  public int pairs() {
    return pairs.size();
  }

  List<Completion> answers() {
    return Stream.concat(
            pairs.stream().map(PreferencePair::chosen),
            pairs.stream().map(PreferencePair::rejected))
        .toList();
  }

  /**
   * The answers [2·pairs, time], with their tokens as labels.
   *
   * @param promptsOfChosen whether the prompts of chosen answers are labels, too
   */
  TokenBatch answers(boolean promptsOfChosen) {
    List<Completion> all = answers();
    return TokenBatch.of(
        IntStream.range(0, all.size())
            .mapToObj(row -> all.get(row).sequence(promptsOfChosen && row < pairs()))
            .toList(),
        padToken);
  }

  /** The log-probabilities of the answers by the data's reference, [2·pairs]. */
  double[] reference(PeftModel<ComputationGraph> model) {
    return reference.of(model, answers(false));
  }

  @Override
  public int tokens() {
    return answers().stream().mapToInt(Completion::length).sum();
  }
}
