package org.peft4j.lora.internal.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.lora.internal.Changes.assertNear;
import static org.peft4j.lora.internal.Changes.inference;
import static org.peft4j.lora.internal.Changes.training;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.Changes;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.lowrank.LowRankPart;
import org.peft4j.site.Site;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** LoRA less what it began with: {@code ΔW = s·(B·A − B₀·A₀)}, at a map of 4 features to 3. */
class ShiftedLoraTest {
  private static final Site SITE = Site.linear("proj", "proj", 4, 3, List.of());
  private static final double SCALE = 0.5;
  private static final INDArray WEIGHT = Values.random(1, 3, 4);

  private static ShiftedLora shifted(LoraInit init, double dropout) {
    LoraShape shape = new LoraShape(2, SCALE, dropout, false, init);
    return ShiftedLora.of(SITE, shape, Frozen.of(SITE, WEIGHT));
  }

  private static INDArray product(Tensors values) {
    return values.get("lora_B.weight").mmul(values.get("lora_A.weight")).mul(SCALE);
  }

  @ParameterizedTest
  @EnumSource(names = {"PISSA", "OLORA"})
  void itBeginsAsPartOfTheWeightAndAsNoChange(LoraInit init) {
    ShiftedLora lora = shifted(init, 0);

    Tensors first = Values.first(1, lora.parameters());

    assertThat(product(first).norm2Number().doubleValue()).isGreaterThan(0.1);
    assertNear(Changes.of(lora, inference(), first, 3, 4), Values.zeros(3, 4));
    assertNear(
        Changes.beside(lora, inference(), first, Values.random(2, 2, 4)), Values.zeros(2, 3));
  }

  @ParameterizedTest
  @EnumSource(names = {"PISSA", "OLORA"})
  void theFrozenResidualAndTheFactorsAreTheWeight(LoraInit init) {
    ShiftedLora lora = shifted(init, 0);
    Tensors first = Values.first(1, lora.parameters());
    Tensors none = Values.first(1, lora.parameters());
    none.asMap().values().forEach(tensor -> tensor.assign(0));

    INDArray residual = WEIGHT.add(Changes.of(lora, inference(), none, 3, 4));

    assertNear(residual.add(product(first)), WEIGHT);
  }

  @Test
  void besideTheMapItIsTheChangeOfItsWeight() {
    ShiftedLora lora = shifted(LoraInit.PISSA, 0);

    Changes.assertAddsTheChange(lora, Values.random(3, lora.parameters()));
  }

  @ParameterizedTest
  @EnumSource(names = {"PISSA", "OLORA"})
  void gradientsAreSlopes(LoraInit init) {
    ShiftedLora lora = shifted(init, 0.5);
    Tensors values = Values.random(3, lora.parameters());

    Changes.assertSlopesBeside(lora, training(6), values);
    Changes.assertSlopesOfWeight(lora, training(6), values, 3, 4);
  }

  /** As in Hugging Face PEFT, where the residual is the frozen weight. */
  @Test
  void dropoutLeavesWhatWasTakenOut() {
    ShiftedLora lora = shifted(LoraInit.PISSA, 0.5);
    Tensors first = Values.first(1, lora.parameters());
    INDArray x = Values.random(4, 3, 4);
    Pass pass = training(7);
    INDArray mask = DropoutMask.draw(pass, SITE, 0.5, DataType.DOUBLE, 3, 4);

    INDArray y = Changes.beside(lora, pass, first, x);

    assertNear(y, x.mul(mask).sub(x).mmul(product(first).transpose()));
  }

  @Test
  void asAPlainLoraItHasTwiceTheRank() {
    ShiftedLora lora = shifted(LoraInit.OLORA, 0);
    Tensors values = Values.random(5, lora.parameters());

    LowRankPart.Factors factors = lora.factors(values);

    assertThat(factors.a().shape()).containsExactly(4, 4);
    assertNear(
        factors.b().mmul(factors.a()).mul(SCALE), Changes.of(lora, inference(), values, 3, 4));
  }
}
