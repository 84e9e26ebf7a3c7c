package org.peft4j.cli.checkpoint;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.PatchInput;

/** A model's outputs for a few tokens and a picture, to compare two models. */
final class SampleLogits {
  private static final int TOKENS = 32;

  private SampleLogits() {}

  static float[] of(OpenModel model) {
    INDArray[] inputs = inputs(model.base().architecture());
    try (INDArray logits = model.graph().output(inputs)[0]) {
      return logits.reshape(logits.length()).toFloatVector();
    } finally {
      for (INDArray input : inputs) {
        if (!input.wasClosed()) { // An encoder-decoder reads the same twice.
          input.close();
        }
      }
    }
  }

  private static INDArray[] inputs(ModelArchitecture model) {
    if (!model.readsText()) {
      return new INDArray[] {picture(model.pictures().orElseThrow())};
    }
    INDArray tokens = tokens(model);
    if (model.pictures().isPresent()) {
      INDArray picture = picture(model.pictures().get());
      return model.encoder().isPresent()
          ? new INDArray[] {picture, tokens}
          : new INDArray[] {tokens, picture};
    }
    return model.takesDecoderIds() ? new INDArray[] {tokens, tokens} : new INDArray[] {tokens};
  }

  /** Pixel values between −1 and 1, the same for every model. */
  private static INDArray picture(PatchInput input) {
    float[] pixels = new float[input.channels() * input.imageHeight() * input.imageWidth()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (i * 2_654_435_761L % 2_001 - 1_000) / 1_000f;
    }
    return Nd4j.createFromArray(pixels)
        .reshape('c', 1, input.channels(), input.imageHeight(), input.imageWidth());
  }

  private static INDArray tokens(ModelArchitecture model) {
    int count = Math.min(TOKENS, model.maxPositions());
    int[][] ids = new int[1][count];
    for (int i = 0; i < count; i++) {
      // Spread over the vocabulary, the same for every model.
      ids[0][i] = (int) (i * 2_654_435_761L % model.vocabularySize());
    }
    if (model.encoder().isPresent()) { // A classifier reads the state where a text ends.
      model.tokens().endOfText().stream().findFirst().ifPresent(e -> ids[0][count - 1] = e);
    }
    return Nd4j.createFromArray(ids);
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
