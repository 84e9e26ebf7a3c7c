package org.peft4j.transformers.generation;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.logits.LogitsProcessor;
import org.peft4j.transformers.internal.logits.Softmax;

/**
 * Chooses the next token of one row: the likeliest, or one drawn by probability. Every row has its
 * own random numbers, independent of the other rows of the batch.
 */
final class TokenChooser {
  private final List<LogitsProcessor> processors;
  private final boolean sample;
  private final RandomGenerator random;

  TokenChooser(GenerationConfig config, List<LogitsProcessor> processors, int row) {
    this.processors = processors;
    sample = config.doSample();
    random = random(config, row);
  }

  /** The random numbers of a row. */
  static RandomGenerator random(GenerationConfig config, int row) {
    return RandomGeneratorFactory.of("L64X128MixRandom")
        .create(config.seed() + 0x9E3779B97F4A7C15L * row);
  }

  int choose(int[] ids, float[] logits) {
    requireNumbers(logits);
    float[] scores = logits;
    for (LogitsProcessor processor : processors) {
      scores = processor.apply(ids, scores);
    }
    return sample ? draw(Softmax.of(scores)) : likeliest(scores);
  }

  static void requireNumbers(float[] logits) {
    for (int i = 0; i < logits.length; i++) {
      if (Float.isNaN(logits[i]) || logits[i] == Float.POSITIVE_INFINITY) {
        throw new PeftException(
            "The logit of token "
                + i
                + " is "
                + logits[i]
                + "; the model's or the adapter's weights are broken.");
      }
    }
  }

  /** The index of the largest score; the first among equals. */
  private static int likeliest(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }

  private int draw(float[] probabilities) {
    double total = 0;
    for (float p : probabilities) {
      total += p;
    }
    double left = random.nextDouble() * total;
    int last = 0;
    for (int i = 0; i < probabilities.length; i++) {
      if (probabilities[i] > 0) {
        last = i;
        left -= probabilities[i];
        if (left < 0) {
          break;
        }
      }
    }
    return last;
  }
}
