package org.peft4j.lora.internal.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.lora.internal.Changes.assertNear;
import static org.peft4j.lora.internal.Changes.inference;
import static org.peft4j.lora.internal.Changes.training;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.Changes;
import org.peft4j.site.Site;
import org.peft4j.testing.Values;

/** LoRA beside a map of 3 features to 2. */
class LoraLinearTest {
  private static final Site SITE = Site.linear("proj", "proj", 3, 2, List.of());
  private static final double SCALE = 0.5;

  private static LoraLinear lora(double dropout, boolean bias) {
    return new LoraLinear(SITE, new LoraShape(1, SCALE, dropout, bias, LoraInit.STANDARD));
  }

  private static INDArray matrix(double[]... rows) {
    return Nd4j.createFromArray(rows);
  }

  @Test
  void itAddsTheScaledProductOfBAndA() {
    Tensors values =
        new Tensors(
            Map.of(
                "lora_A.weight", matrix(new double[] {1, 2, 3}),
                "lora_B.weight", matrix(new double[] {10}, new double[] {-4})));
    INDArray x = matrix(new double[] {1, 1, 1}, new double[] {0, 1, 0});
    INDArray y = matrix(new double[] {100, 200}, new double[] {300, 400});

    lora(0, false).forward(inference(), values, x, y);

    // A·x is 6 and 2; half of B times it is added.
    assertThat(y).isEqualTo(matrix(new double[] {130, 188}, new double[] {310, 396}));
  }

  @Test
  void itsBiasIsScaledToo() {
    LoraLinear lora = lora(0, true);
    Tensors values = Values.random(1, lora.parameters());
    INDArray bias = Nd4j.createFromArray(7.0, 8.0);

    lora.addBiasDelta(values, bias);

    assertNear(bias, values.get("lora_B.bias").mul(SCALE).add(Nd4j.createFromArray(7.0, 8.0)));
    assertNear(
        Changes.beside(lora, inference(), values, Values.zeros(1, 3)),
        values.get("lora_B.bias").mul(SCALE).reshape(1, 2));
    assertThat(lora.changesBias()).isTrue();
    assertThat(lora(0, false).changesBias()).isFalse();
  }

  @Test
  void withoutABiasAModulesBiasStays() {
    INDArray bias = Nd4j.createFromArray(7.0, 8.0);

    lora(0, false).addBiasDelta(Values.random(1, lora(0, false).parameters()), bias);

    assertThat(bias.toDoubleVector()).containsExactly(7, 8);
  }

  @Test
  void besideTheMapItIsTheChangeOfItsWeight() {
    LoraLinear lora = lora(0, false);

    Changes.assertAddsTheChange(lora, Values.random(2, lora.parameters()));
  }

  @ParameterizedTest
  @CsvSource({"0, false", "0, true", "0.5, false", "0.5, true"})
  void gradientsAreSlopes(double dropout, boolean bias) {
    LoraLinear lora = lora(dropout, bias);

    Changes.assertSlopesBeside(lora, training(5), Values.random(3, lora.parameters()));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5})
  void gradientsOfTheWeightAreSlopes(double dropout) {
    LoraLinear lora = lora(dropout, false);

    Changes.assertSlopesOfWeight(lora, training(5), Values.random(3, lora.parameters()), 2, 3);
  }

  @Test
  void dropoutFallsOnTheInputOfAAndOnlyInTraining() {
    LoraLinear lora = lora(0.5, false);
    Tensors values = Values.random(4, lora.parameters());
    INDArray x = Values.random(5, 4, 3);
    Pass pass = training(8);
    INDArray mask = DropoutMask.draw(pass, SITE, 0.5, DataType.DOUBLE, 4, 3);
    INDArray delta = Changes.of(lora, inference(), values, 2, 3);

    assertThat(mask.sumNumber().doubleValue()).isBetween(1.0, 23.0);
    assertNear(Changes.beside(lora, pass, values, x), x.mul(mask).mmul(delta.transpose()));
    assertNear(Changes.beside(lora, inference(), values, x), x.mmul(delta.transpose()));
  }

  @Test
  void aLayerThatRunsOnTheWeightDropsInputFeaturesForAWholePass() {
    LoraLinear lora = lora(0.5, false);
    Tensors values = Values.random(4, lora.parameters());
    Pass pass = training(8);
    INDArray mask = DropoutMask.draw(pass, SITE, 0.5, DataType.DOUBLE, 3);

    assertNear(
        Changes.of(lora, pass, values, 2, 3),
        Changes.of(lora, inference(), values, 2, 3).mulRowVector(mask));
  }

  @ParameterizedTest
  @ValueSource(strings = {"STANDARD", "GAUSSIAN", "ORTHOGONAL"})
  void itBeginsAsNoChange(String init) {
    LoraShape shape = new LoraShape(2, SCALE, 0, false, LoraInit.valueOf(init));
    LoraLinear lora = new LoraLinear(SITE, shape);

    Tensors first = Values.first(1, lora.parameters());

    assertThat(first.get("lora_A.weight").amaxNumber().doubleValue()).isPositive();
    assertThat(Changes.of(lora, inference(), first, 2, 3).amaxNumber().doubleValue())
        .isCloseTo(0, within(1e-15));
  }

  /** PyTorch's Kaiming bound with a = √5 is 1/√in; that of B, for tests, 1/√r. */
  @Test
  void firstValuesAreUniformUpToTheirFanIn() {
    Site wide = Site.linear("wide", "wide", 400, 300, List.of());
    LoraLinear lora = new LoraLinear(wide, new LoraShape(16, 1, 0, true, LoraInit.RANDOM));

    Tensors first = Values.first(1, lora.parameters());

    assertUniform(first.get("lora_A.weight"), 0.05);
    assertUniform(first.get("lora_B.weight"), 0.25);
    assertUniform(first.get("lora_B.bias"), 0.25);
  }

  private static void assertUniform(INDArray values, double bound) {
    double count = values.length();
    assertThat(values.amaxNumber().doubleValue()).isBetween(bound * (1 - 20 / count), bound);
    assertThat(values.meanNumber().doubleValue())
        .isCloseTo(0, within(3 * bound / Math.sqrt(count)));
    assertThat(values.stdNumber().doubleValue())
        .isCloseTo(bound / Math.sqrt(3), within(bound / 10));
  }

  @Test
  void gaussianFirstValuesHaveADeviationOfOneByTheRank() {
    Site wide = Site.linear("wide", "wide", 1000, 2, List.of());
    LoraLinear lora = new LoraLinear(wide, new LoraShape(8, 1, 0, false, LoraInit.GAUSSIAN));

    INDArray a = Values.first(1, lora.parameters()).get("lora_A.weight");

    assertThat(a.meanNumber().doubleValue()).isCloseTo(0, within(0.005));
    assertThat(a.stdNumber().doubleValue()).isCloseTo(0.125, within(0.004));
  }

  @Test
  void keysAndShapesAreHuggingFaces() {
    LoraLinear lora = lora(0, true);

    assertThat(Values.shapes(lora.parameters()))
        .isEqualTo(
            Map.of(
                "lora_A.weight", List.of(1L, 3L),
                "lora_B.weight", List.of(2L, 1L),
                "lora_B.bias", List.of(2L)));
    assertThat(lora.parameters())
        .extracting(lora::key)
        .first()
        .isEqualTo("base_model.model.proj.lora_A.weight");
  }
}
