package org.peft4j.train.data;

import java.util.ArrayList;
import java.util.List;

/**
 * Examples of related texts side by side. All texts are one batch, so that they go through a model
 * in one pass.
 *
 * @param texts the first text of each example, then the second of each, and so on
 * @param examples the number of examples
 * @param scores one for each example; none without scores
 */
public record VectorBatch(TokenBatch texts, int examples, List<Double> scores) implements Batch {
  public VectorBatch {
    scores = List.copyOf(scores);
  }

  static VectorBatch of(List<RelatedTexts> examples, int padToken) {
    List<TokenSequence> texts = new ArrayList<>();
    for (int text = 0; text < examples.get(0).texts().size(); text++) {
      for (RelatedTexts example : examples) {
        texts.add(example.texts().get(text));
      }
    }
    List<Double> scores =
        examples.stream().flatMap(example -> example.score().stream().boxed()).toList();
    return new VectorBatch(TokenBatch.of(texts, padToken), examples.size(), scores);
  }

  /** How many texts each example has. */
  public int textsOfEach() {
    return texts.rows() / examples;
  }

  @Override
  public int tokens() {
    return texts.tokens();
  }
}
