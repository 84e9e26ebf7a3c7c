package org.peft4j.train.preference;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenBatch;

/** What a reference says of the examples of some data: asked once for each, and kept. */
final class KeptReference {
  /** No logarithm of a probability is above 0. */
  private static final double UNKNOWN = 1;

  private final @Nullable Reference reference;

  /** Log-probabilities, [examples, answers of each]. */
  private final INDArray kept;

  /**
   * Nothing is known yet.
   *
   * @param reference who is asked; null if nobody is
   */
  KeptReference(@Nullable Reference reference, int examples, int answersOfEach) {
    this.reference = reference;
    this.kept = Nd4j.create(DataType.DOUBLE, examples, answersOfEach).assign(UNKNOWN);
  }

  @Nullable Reference reference() {
    return reference;
  }

  /** What it says of some examples. */
  ReferenceValues of(int... rows) {
    return new ReferenceValues(this, rows);
  }

  /**
   * The log-probabilities of answers: of the first one of each example, then of the second.
   *
   * @param rows the numbers of the examples
   */
  double[] values(PeftModel<ComputationGraph> model, TokenBatch answers, int... rows) {
    int[] examples = new int[answers.rows()];
    Arrays.setAll(examples, i -> rows[i % rows.length]);
    double[] values = new double[examples.length];
    Arrays.setAll(values, i -> kept.getDouble(examples[i], i / rows.length));
    if (Arrays.stream(values).allMatch(value -> value != UNKNOWN)) {
      return values;
    }
    double[] asked = ask(model, answers);
    for (int i = 0; i < values.length; i++) {
      if (values[i] == UNKNOWN) {
        values[i] = asked[i];
        kept.putScalar(examples[i], i / rows.length, asked[i]);
      }
    }
    return values;
  }

  /** The log-probabilities of answers that are not kept. */
  double[] ask(PeftModel<ComputationGraph> model, TokenBatch answers) {
    if (reference == null) {
      throw new PeftException(
          "This loss compares the model with a reference, and the data has none. Give it one with"
              + " comparedWith, such as Reference.base().");
    }
    return reference.logProbabilities(model, answers);
  }

  /** What a checkpoint needs to go on with the same values. */
  Map<String, INDArray> state() {
    if (reference == null) {
      return Map.of();
    }
    Map<String, INDArray> state = new LinkedHashMap<>();
    state.put("reference.log_probabilities", kept);
    reference.state().forEach((name, array) -> state.put("reference." + name, array));
    return state;
  }
}
