package org.peft4j.lora.internal.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.lora.internal.Changes.assertNear;
import static org.peft4j.lora.internal.Changes.inference;
import static org.peft4j.lora.internal.Changes.training;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.Changes;
import org.peft4j.site.Site;
import org.peft4j.testing.Values;

/** QA-LoRA beside a map of 6 features, in 2 groups of 3, to 4. */
class GroupedLoraTest {
  private static final Site SITE = Site.linear("proj", "proj", 6, 4, List.of());
  private static final double SCALE = 0.7;
  private static final int SIZE = 3;
  private static final int GROUPS = 2;

  private static GroupedLora lora(double dropout) {
    return GroupedLora.at(SITE, new LoraShape(2, SCALE, dropout, false, LoraInit.STANDARD), SIZE);
  }

  @Test
  void itAddsTheProductWithTheMeansOfGroups() {
    Tensors values = Values.random(1, lora(0).parameters());
    INDArray x = Values.random(2, 5, 6);
    INDArray means = Nd4j.create(DataType.DOUBLE, 5, GROUPS);
    for (int row = 0; row < 5; row++) {
      for (int i = 0; i < 6; i++) {
        means.putScalar(row, i / SIZE, means.getDouble(row, i / SIZE) + x.getDouble(row, i) / SIZE);
      }
    }
    INDArray ba = values.get("lora_B.weight").mmul(values.get("lora_A.weight"));

    assertThat(values.get("lora_A.weight").shape()).containsExactly(2, GROUPS);
    assertNear(
        Changes.beside(lora(0), inference(), values, x),
        means.mmul(ba.transpose()).mul(SCALE * GROUPS));
  }

  @Test
  void besideTheMapItIsTheChangeOfItsWeight() {
    Changes.assertAddsTheChange(lora(0), Values.random(3, lora(0).parameters()));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5})
  void gradientsAreSlopes(double dropout) {
    GroupedLora lora = lora(dropout);

    Changes.assertSlopesBeside(lora, training(5), Values.random(4, lora.parameters()));
  }

  @Test
  void gradientsOfTheWeightAreSlopes() {
    GroupedLora lora = lora(0);

    Changes.assertSlopesOfWeight(lora, training(5), Values.random(5, lora.parameters()), 4, 6);
  }

  @Test
  void dropoutFallsOnTheInputsBeforeTheirMeans() {
    Tensors values = Values.random(6, lora(0.5).parameters());
    INDArray x = Values.random(7, 4, 6);
    Pass pass = training(8);
    INDArray mask = DropoutMask.draw(pass, SITE, 0.5, DataType.DOUBLE, 4, 6);

    assertNear(
        Changes.beside(lora(0.5), pass, values, x),
        Changes.beside(lora(0), inference(), values, x.mul(mask)));
    assertThatThrownBy(() -> Changes.of(lora(0.5), pass, values, 4, 6))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("use_qalora with lora_dropout 0.5 does not go with proj");
  }

  @Test
  void groupsThatDoNotDivideTheInputsAreRefused() {
    LoraShape plain = new LoraShape(2, 1, 0, false, LoraInit.STANDARD);
    LoraShape pissa = new LoraShape(2, 1, 0, false, LoraInit.PISSA);

    assertThatThrownBy(() -> GroupedLora.at(SITE, plain, 4))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("qalora_group_size is 4, which does not divide the 6 inputs of proj");
    assertThatThrownBy(() -> GroupedLora.at(SITE, pissa, 3))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("use_qalora goes with init_lora_weights true, false and gaussian");
  }
}
