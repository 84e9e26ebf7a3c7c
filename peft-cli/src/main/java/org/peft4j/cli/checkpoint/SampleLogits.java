package org.peft4j.cli.checkpoint;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.cli.options.OpenModel;

/** A model's logits for a few tokens, to compare two models. */
final class SampleLogits {
  private static final int TOKENS = 32;

  private SampleLogits() {}

  static float[] of(OpenModel model) {
    int count = Math.min(TOKENS, model.base().architecture().maxPositions());
    int[][] ids = new int[1][count];
    for (int i = 0; i < count; i++) {
      // Spread over the vocabulary, the same for every model.
      ids[0][i] = (int) (i * 2_654_435_761L % model.base().architecture().vocabularySize());
    }
    boolean two = model.base().architecture().encoder().isPresent();
    try (INDArray input = Nd4j.createFromArray(ids);
        INDArray logits =
            two ? model.graph().outputSingle(input, input) : model.graph().outputSingle(input)) {
      return logits.reshape(logits.length()).toFloatVector();
    }
  }

  /** The largest difference, relative to the largest value. */
  static double relativeDifference(float[] actual, float[] expected) {
    double difference = 0;
    double largest = Double.MIN_NORMAL;
    for (int i = 0; i < expected.length; i++) {
      difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
      largest = Math.max(largest, Math.abs(expected[i]));
    }
    return difference / largest;
  }
}
