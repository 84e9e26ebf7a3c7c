package org.peft4j.train.objective;

import java.util.List;
import org.peft4j.error.PeftException;

/**
 * The squared error of cosines ({@code CosineSimilarityLoss} of sentence-transformers; Reimers and
 * Gurevych 2019), for pairs with a score y:
 *
 * <pre>L = 1/N · Σᵢ (cos(uᵢ, vᵢ) − yᵢ)²</pre>
 */
public record CosineSimilarityLoss() implements VectorLoss {
  @Override
  public Result of(List<double[][]> texts, List<Double> scores) {
    Vectors.requireTexts("the loss of cosines", 2, 2, texts);
    int examples = texts.get(0).length;
    if (scores.size() != examples) {
      throw new PeftException(
          "The loss of cosines needs a score of each pair, and there is none. Give scores, or take"
              + " the contrastive loss for pairs that belong together.");
    }
    UnitVectors first = UnitVectors.of(texts.get(0));
    UnitVectors second = UnitVectors.of(texts.get(1));
    double[][] dFirst = Vectors.like(texts.get(0));
    double[][] dSecond = Vectors.like(texts.get(1));
    double loss = 0;
    for (int row = 0; row < examples; row++) {
      double error = first.cosine(row, second, row) - scores.get(row);
      loss += error * error / examples;
      Vectors.add(dFirst[row], 2 * error / examples, second.units()[row]);
      Vectors.add(dSecond[row], 2 * error / examples, first.units()[row]);
    }
    return new Result(loss, List.of(first.backward(dFirst), second.backward(dSecond)));
  }
}
