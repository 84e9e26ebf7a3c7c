package org.peft4j.train.preference;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.TokenBatch;

/** Rated answers side by side. */
public final class RatedBatch implements Batch {
  private final List<RatedAnswer> answers;
  private final int padToken;
  private final ReferenceValues reference;

  RatedBatch(List<RatedAnswer> answers, int padToken, ReferenceValues reference) {
    this.answers = List.copyOf(answers);
    this.padToken = padToken;
    this.reference = reference;
  }

  List<RatedAnswer> answers() {
    return answers;
  }

  /** Each answer to its prompt, with its tokens as labels. */
  TokenBatch matched() {
    return tokens(answers.stream().map(RatedAnswer::completion).toList());
  }

  /** Each prompt with the answer of the row before, the first one with the last one's. */
  TokenBatch mismatched() {
    List<Completion> prompts = answers.stream().map(RatedAnswer::completion).toList();
    List<Completion> others = new ArrayList<>(prompts);
    Collections.rotate(others, 1);
    List<Completion> mismatched = new ArrayList<>();
    for (int row = 0; row < prompts.size(); row++) {
      mismatched.add(prompts.get(row).with(others.get(row)));
    }
    return tokens(mismatched);
  }

  private TokenBatch tokens(List<Completion> rows) {
    return TokenBatch.of(rows.stream().map(row -> row.sequence(false)).toList(), padToken);
  }

  /** The log-probabilities of the answers by the data's reference. */
  double[] reference(PeftModel<ComputationGraph> model) {
    return reference.of(model, matched());
  }

  /** The same of {@link #mismatched}, which differ from batch to batch. */
  double[] mismatchedReference(PeftModel<ComputationGraph> model) {
    return reference.ask(model, mismatched());
  }

  @Override
  public int tokens() {
    return answers.stream().mapToInt(answer -> answer.completion().length()).sum();
  }
}
