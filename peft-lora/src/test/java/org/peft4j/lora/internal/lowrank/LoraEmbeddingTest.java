package org.peft4j.lora.internal.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.lora.internal.Changes.assertNear;
import static org.peft4j.lora.internal.Changes.inference;
import static org.peft4j.lora.internal.Changes.training;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.Changes;
import org.peft4j.site.Site;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** LoRA on a table of 4 tokens of width 3. */
class LoraEmbeddingTest {
  private static final Site SITE = Site.embedding("wte", "wte", 4, 3, List.of());
  private static final int[] IDS = {2, 0, 2};

  private static LoraEmbedding lora(LoraInit init) {
    return new LoraEmbedding(SITE, new LoraShape(2, 0.5, 0.9, false, init));
  }

  private static final LoraEmbedding LORA = lora(LoraInit.STANDARD);

  private static INDArray output(Tensors values) {
    INDArray y = Values.zeros(IDS.length, 3);
    LORA.forward(training(1), values, IDS, y);
    return y;
  }

  /** Dropout is 0.9 in all of these tests, and none of it is seen. */
  @Test
  void aTokenGetsItsColumnOfBTimesA() {
    INDArray a = Nd4j.createFromArray(new double[][] {{1, 2, 3, 4}, {0, 0, 1, 0}});
    INDArray b = Nd4j.createFromArray(new double[][] {{2, 0}, {0, 10}, {1, 1}});
    Tensors values = new Tensors(Map.of("lora_embedding_A", a, "lora_embedding_B", b));

    // A's columns of the ids: (3, 1), (1, 0), (3, 1). Half of B times them:
    assertThat(output(values))
        .isEqualTo(Nd4j.createFromArray(new double[][] {{3, 5, 2}, {1, 0, 0.5}, {3, 5, 2}}));
  }

  @Test
  void rowsOfTheChangeAreWhatTheTokensGet() {
    Tensors values = Values.random(1, LORA.parameters());

    INDArray delta = Changes.of(LORA, inference(), values, 4, 3);

    assertNear(output(values), Nd4j.pullRows(delta, 1, IDS));
  }

  @Test
  void gradientsAreSlopesAlsoWhereATokenRepeats() {
    Tensors values = Values.random(2, LORA.parameters());
    INDArray dy = Values.random(3, IDS.length, 3);
    Tensors gradients = Values.room(values);

    LORA.backward(training(1), values, IDS, dy, gradients);

    CentralDifferences.assertGradients(values, gradients, () -> Values.inner(output(values), dy));
    assertThat(gradients.get("lora_embedding_A").getColumn(1).amaxNumber().doubleValue())
        .as("a token that is not there")
        .isZero();
  }

  @Test
  void gradientsOfTheTableAreSlopes() {
    Changes.assertSlopesOfWeight(LORA, training(1), Values.random(2, LORA.parameters()), 4, 3);
  }

  @Test
  void itIsAThatBeginsAtZero() {
    Tensors first = Values.first(1, LORA.parameters());

    assertThat(first.get("lora_embedding_A")).isEqualTo(Values.zeros(2, 4));
    assertThat(first.get("lora_embedding_B").amaxNumber().doubleValue()).isPositive();
    assertThat(
            Values.first(1, lora(LoraInit.RANDOM).parameters())
                .get("lora_embedding_A")
                .amaxNumber()
                .doubleValue())
        .isPositive();
  }

  @Test
  void itsFactorsAreCopiesInDoublePrecision() {
    Tensors values = Values.random(4, LORA.parameters());

    LowRankPart.Factors factors = LORA.factors(values);
    factors.a().assign(0);

    assertThat(values.get("lora_embedding_A").amaxNumber().doubleValue()).isPositive();
    assertThat(factors.b()).isEqualTo(values.get("lora_embedding_B"));
  }
}
