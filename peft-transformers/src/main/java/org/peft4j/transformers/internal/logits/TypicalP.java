package org.peft4j.transformers.internal.logits;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Locally typical sampling (Meister et al., arXiv 2202.00666): keeps the tokens whose surprise −log
 * p is closest to its expectation, the entropy, until their probabilities add up to a mass.
 *
 * @param mass above 0, below 1
 * @param least the number of most typical tokens that always stay, 1 or more
 */
public record TypicalP(double mass, int least) implements LogitsProcessor {
  @Override
  public float[] apply(int[] ids, float[] logits) {
    float[] probabilities = Softmax.of(logits);
    double entropy = 0;
    for (float p : probabilities) {
      entropy -= p > 0 ? p * Math.log(p) : 0;
    }
    double[] distances = new double[logits.length];
    for (int i = 0; i < distances.length; i++) {
      distances[i] = Math.abs(-Math.log(probabilities[i]) - entropy);
    }
    int[] nearest =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> distances[i]))
            .mapToInt(i -> i)
            .toArray();
    double sum = 0;
    int last = 0;
    while (last < nearest.length - 1 && (sum += probabilities[nearest[last]]) < mass) {
      last++;
    }
    double farthest = distances[nearest[last]];
    float[] result = logits.clone();
    Arrays.stream(nearest)
        .skip(least)
        .filter(i -> distances[i] > farthest)
        .forEach(i -> result[i] = Float.NEGATIVE_INFINITY);
    return result;
  }
}
