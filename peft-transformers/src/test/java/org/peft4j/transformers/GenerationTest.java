package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.batch.LeftPadding;

/** A prompt and then token after token gives what the whole text at once gives. */
class GenerationTest {
  private static final INDArray TEXT =
      Nd4j.createFromArray(
          new int[][] {{5, 9, 3, 17, 44, 8, 30, 12, 51}, {7, 7, 21, 4, 19, 33, 2, 6, 40}});

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2", "llama_rope_llama3", "qwen2"})
  void cachedEqualsUncached(String base) {
    try (CausalLanguageModel model = Transformers.load(Golden.base(base))) {
      ComputationGraph graph = model.graph();
      INDArray whole = graph.output(TEXT)[0];
      for (int run = 0; run < 2; run++) {
        graph.rnnClearPreviousState();
        assertClose(graph.rnnTimeStep(columns(0, 4))[0], whole, 0);
        for (int t = 4; t < TEXT.size(1); t++) {
          assertClose(graph.rnnTimeStep(columns(t, t + 1))[0], whole, t);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2"})
  void leftPaddingChangesNothing(String base) {
    try (CausalLanguageModel model = Transformers.load(Golden.base(base))) {
      ComputationGraph graph = model.graph();
      INDArray whole = graph.output(TEXT.get(interval(1, 2), interval(2, 9)))[0];
      INDArray mask = Nd4j.createFromArray(new int[][] {{1, 1, 1, 1, 1}, {0, 0, 1, 1, 1}});

      LeftPadding.begin(graph, mask);
      INDArray prompt = graph.rnnTimeStep(columns(0, 5))[0];
      assertClose(prompt.get(interval(1, 2), interval(2, 5), all()), whole, 0);
      for (int t = 5; t < TEXT.size(1); t++) {
        INDArray step = graph.rnnTimeStep(columns(t, t + 1))[0];
        assertClose(step.get(interval(1, 2), all(), all()), whole, t - 2);
      }
    }
  }

  @Test
  void paddingOnTheRightIsRefused() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      INDArray mask = Nd4j.createFromArray(new int[][] {{1, 1, 0}});
      assertThatThrownBy(() -> LeftPadding.begin(model.graph(), mask))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("row 0, position 2");
    }
  }

  private static INDArray columns(int from, int to) {
    return TEXT.get(all(), interval(from, to)).dup('c');
  }

  private static void assertClose(INDArray step, INDArray whole, int from) {
    INDArray expected = whole.get(all(), interval(from, from + step.size(1)), all());
    double difference = step.sub(expected).amaxNumber().doubleValue();
    assertThat(difference / whole.amaxNumber().doubleValue()).as("from " + from).isLessThan(1e-5);
  }
}
