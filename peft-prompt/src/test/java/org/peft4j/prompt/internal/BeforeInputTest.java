package org.peft4j.prompt.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Pass;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.testing.Values;

/** A prompt of 2 tokens of width 2 before the sequences of a batch. */
class BeforeInputTest {
  private static final Pass PASS = new Pass(new Nd4jKernels(), true, 1);

  private final BeforeInput prompt = new BeforeInput(2);

  @Test
  void everySequenceHasTheSameEmbeddingsBeforeIt() {
    INDArray table = Nd4j.createFromArray(new double[][] {{1, 2}, {3, 4}});
    INDArray embeddings = Values.random(1, 3, 2, 2);

    prompt.use(PASS, table, embeddings);

    for (int sequence = 0; sequence < 3; sequence++) {
      assertThat(embeddings.slice(sequence)).isEqualTo(table);
    }
  }

  @Test
  void theTablesGradientIsTheSumOverTheSequences() {
    INDArray dEmbeddings =
        Nd4j.createFromArray(new double[][][] {{{1, 2}, {3, 4}}, {{10, 20}, {30, 40}}});
    INDArray dTable = Values.random(2, 2, 2);

    prompt.gradient(PASS, dEmbeddings, dTable);

    assertThat(dTable).isEqualTo(Nd4j.createFromArray(new double[][] {{11, 22}, {33, 44}}));
  }

  @Test
  void noAttentionGetsKeysOrValues() {
    assertThat(prompt.virtualTokens()).isEqualTo(2);
    assertThat(prompt.prefixLength()).isZero();
  }
}
