package org.peft4j.train.objective;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;

/**
 * The contrastive loss with the other examples of the batch as negatives (InfoNCE, van den Oord et
 * al. 2018; Henderson et al. 2017; {@code MultipleNegativesRankingLoss} of sentence-transformers
 * with the scale 1/τ):
 *
 * <pre>L = −1/N · Σᵢ log( exp(cos(aᵢ, pᵢ)/τ) / Σⱼ exp(cos(aᵢ, cⱼ)/τ) )</pre>
 *
 * <p>where a are the first texts, p the second ones, and the candidates c all second texts of the
 * batch and, in triplets, all third ones. More examples in a batch are more negatives. Batches that
 * gradient accumulation puts together each have their own negatives only. A pair that is alone in
 * its batch has none, and its loss is 0.
 *
 * @param temperature τ; small values look at the hardest negatives
 */
public record InBatchNegatives(double temperature) implements VectorLoss {
  /**
   * Checks the temperature.
   *
   * @throws PeftException if it is not above 0
   */
  public InBatchNegatives {
    if (!(temperature > 0 && Double.isFinite(temperature))) {
      throw new PeftException("The temperature is " + temperature + "; allowed: above 0, finite.");
    }
  }

  /** A temperature of 0.05, as in sentence-transformers. */
  public InBatchNegatives() {
    this(0.05);
  }

  @Override
  public Result of(List<double[][]> texts, List<Double> scores) {
    Vectors.requireTexts("the contrastive loss", 2, 3, texts);
    List<UnitVectors> units = texts.stream().map(UnitVectors::of).toList();
    List<double[][]> gradients = texts.stream().map(Vectors::like).toList();
    int examples = texts.get(0).length;
    double loss = 0;
    for (int i = 0; i < examples; i++) {
      loss += ofAnchor(i, units, gradients) / examples;
    }
    List<double[][]> result = new ArrayList<>();
    for (int text = 0; text < units.size(); text++) {
      result.add(units.get(text).backward(gradients.get(text)));
    }
    return new Result(loss, result);
  }

  /** The loss of an anchor; adds the gradients of its share of the mean. */
  private double ofAnchor(int anchor, List<UnitVectors> units, List<double[][]> gradients) {
    UnitVectors anchors = units.get(0);
    int examples = anchors.units().length;
    double[] logits = new double[examples * (units.size() - 1)];
    for (int c = 0; c < logits.length; c++) {
      UnitVectors candidates = units.get(1 + c / examples);
      logits[c] = anchors.cosine(anchor, candidates, c % examples) / temperature;
    }
    double normaliser = logSumExp(logits);
    for (int c = 0; c < logits.length; c++) {
      double share = Math.exp(logits[c] - normaliser) - (c == anchor ? 1 : 0);
      double slope = share / (temperature * examples);
      double[] candidate = units.get(1 + c / examples).units()[c % examples];
      Vectors.add(gradients.get(0)[anchor], slope, candidate);
      Vectors.add(gradients.get(1 + c / examples)[c % examples], slope, anchors.units()[anchor]);
    }
    return normaliser - logits[anchor];
  }

  private static double logSumExp(double[] z) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double value : z) {
      largest = Math.max(largest, value);
    }
    double sum = 0;
    for (double value : z) {
      sum += Math.exp(value - largest);
    }
    return largest + Math.log(sum);
  }
}
