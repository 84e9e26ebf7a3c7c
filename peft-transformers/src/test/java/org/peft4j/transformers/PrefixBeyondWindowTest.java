package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.prompt.prefix.PrefixTuningConfig;

/** A prefix that leaves the window of attention is not what it is in Python, so it is refused. */
class PrefixBeyondWindowTest {
  private static INDArray ids(int count) {
    int[][] row = {new int[count]};
    for (int i = 0; i < count; i++) {
      row[0][i] = 3 + i;
    }
    return Nd4j.createFromArray(row);
  }

  @Test
  void aPrefixMayFillTheWindowWithTheTextAndNoMore() {
    try (CausalLanguageModel base = Transformers.load(Golden.base("mistral_window"));
        PeftModel<ComputationGraph> model =
            Peft.wrap(base.graph(), PrefixTuningConfig.builder().virtualTokens(2).build())) {
      assertThat(model.network().output(ids(2))[0].shape()).containsExactly(1, 2, 56);

      assertThatThrownBy(() -> model.network().output(ids(3)))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining(
              "A prefix of 2 with 3 tokens is longer than the window of attention, 4");
    }
  }
}
