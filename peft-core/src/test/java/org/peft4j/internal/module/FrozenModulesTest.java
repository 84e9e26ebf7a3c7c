package org.peft4j.internal.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.testing.Plain.assertClose;
import static org.peft4j.testing.Plain.product;
import static org.peft4j.testing.Plain.transposed;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.internal.module.NormModule.Formula;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.testing.Int8Weight;
import org.peft4j.testing.Plain;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.WeightView;

/** Modules over each way to hold a weight. The largest of each row is 127, so 8 bits are exact. */
class FrozenModulesTest {
  private static final Pass PASS = new Pass(new Nd4jKernels(), true, 0);
  private static final double[][] W = {{127, -3, 64}, {5, 127, 0}};
  private static final double[] BIAS = {0.5, -0.25};
  private static final double[][] X = {{1, 2, -1}, {0.5, 0, 3}};
  private static final double[][] DY = {{1, -1}, {2, 0.5}};

  private enum Held {
    ROWS {
      @Override
      FrozenWeight weight() {
        return DenseWeight.of(array(W));
      }
    },
    INPUTS_FIRST {
      @Override
      FrozenWeight weight() {
        return DenseWeight.of(array(transposed(W)), WeightView.TRANSPOSED);
      }
    },
    EIGHT_BITS {
      @Override
      FrozenWeight weight() {
        return Int8Weight.of(DenseWeight.of(array(W)));
      }
    };

    abstract FrozenWeight weight();
  }

  private static final Site LINEAR = Site.linear("map", "map", 3, 2, List.of());

  @ParameterizedTest
  @EnumSource
  void aLinearMapMultipliesByTheWeightAndItsGradientByTheTranspose(Held held) {
    LinearModule module =
        new LinearModule(
            SiteGrafts.none(LINEAR), held.weight(), DenseWeight.of(Nd4j.createFromArray(BIAS)));
    INDArray y = zeros(2, 2);
    module.forward(PASS, array(X), y);
    assertClose(y, Plain.affine(X, W, BIAS));

    INDArray dx = zeros(2, 3);
    module.backward(PASS, null, array(DY), dx, 0);
    assertClose(dx, product(DY, W));
    module.backward(PASS, null, array(DY), dx, 1);
    assertClose(dx, Plain.each(product(DY, W), value -> 2 * value));
  }

  @ParameterizedTest
  @EnumSource
  void aTrainableCopyStandsInForTheWeightAsItIsStored(Held held) {
    FrozenWeight weight = held.weight();
    double[][] copy = {{1, 2, 3}, {4, 5, 6}};
    boolean turned = held == Held.INPUTS_FIRST;
    SiteParameter parameter = SiteParameter.weight("weight", weight.storedShape());
    TrainableCopy adapter = new TrainableCopy(LINEAR, List.of(parameter), "", p -> weight);
    INDArray gradient = Nd4j.zeros(DataType.DOUBLE, weight.storedShape());
    Graft graft =
        new Graft(
            "default",
            adapter,
            new Tensors(Map.of("weight", array(turned ? transposed(copy) : copy))));
    graft.setGradients(new Tensors(Map.of("weight", gradient)));
    LinearModule module =
        new LinearModule(new SiteGrafts(LINEAR, List.of(graft), SharedState.of(1)), weight, null);
    INDArray y = zeros(2, 2);
    module.forward(PASS, array(X), y);
    assertClose(y, product(X, transposed(copy)));

    INDArray dx = zeros(2, 3);
    module.backward(PASS, array(X), array(DY), dx, 0);
    assertClose(dx, product(DY, copy));
    double[][] expected = product(transposed(DY), X);
    assertClose(gradient, turned ? transposed(expected) : expected);
  }

  @ParameterizedTest
  @EnumSource
  void theFirstValueOfACopyIsTheWeightAsItIsStored(Held held) {
    FrozenWeight weight = held.weight();
    SiteParameter parameter = SiteParameter.weight("weight", weight.storedShape());
    TrainableCopy copy = new TrainableCopy(LINEAR, List.of(parameter), "", p -> weight);
    INDArray first = Nd4j.zeros(DataType.DOUBLE, weight.storedShape());
    copy.parameters().get(0).initializer().fill(first, new java.util.Random(0));
    assertClose(first, held == Held.INPUTS_FIRST ? transposed(W) : W);
  }

  @ParameterizedTest
  @EnumSource(names = {"ROWS", "EIGHT_BITS"})
  void anEmbeddingLooksRowsUp(Held held) {
    Site site = Site.embedding("table", "table", 2, 3, List.of());
    INDArray y = zeros(3, 3);
    new EmbeddingModule(SiteGrafts.none(site), held.weight()).forward(PASS, new int[] {1, 0, 1}, y);
    assertClose(y, new double[][] {W[1], W[0], W[1]});
  }

  @Test
  void aNormalisationTakesTheArrayOfItsWeight() {
    INDArray y = zeros(2, 3);
    norm(DenseWeight.of(Nd4j.createFromArray(1.0, 2.0, 3.0)), null)
        .forward(PASS, array(X), y, zeros(1, 2));
    double first = 1 / Math.sqrt((1 + 4 + 1) / 3.0);
    double second = 1 / Math.sqrt((0.25 + 9) / 3.0);
    assertClose(y, new double[][] {{first, 4 * first, -3 * first}, {0.5 * second, 0, 9 * second}});
  }

  @Test
  void aVectorThatIsNoArrayIsRefusedByName() {
    FrozenWeight eight = Int8Weight.of(DenseWeight.of(array(new double[][] {{1, 2, 3}})));
    FrozenWeight dense = DenseWeight.of(Nd4j.createFromArray(1.0, 2.0, 3.0));
    assertRefused(norm(eight, null), "norm.weight");
    assertRefused(norm(dense, eight), "norm.bias");
  }

  private static void assertRefused(NormModule norm, String parameter) {
    assertThatThrownBy(() -> norm.forward(PASS, array(X), zeros(2, 3), zeros(2, 2)))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            parameter
                + " is held in INT8, but is needed as an array. Hold vectors in FP32, and matrices"
                + " only in INT8.");
  }

  private static NormModule norm(FrozenWeight weight, @Nullable FrozenWeight bias) {
    Site site = Site.parameters("norm", "norm", SiteKind.NORM, List.of());
    Formula formula = bias == null ? Formula.RMS : Formula.LAYER;
    return new NormModule(SiteGrafts.none(site), weight, bias, formula, 0);
  }

  @Test
  void eightBitsAreWithinHalfAStepOfEachRow() {
    double[][] values = {{0.3, -0.7, 0.01}, {12, 5.5, -3.3}};
    FrozenWeight eight = Int8Weight.of(DenseWeight.of(array(values)));
    double[][] widened = eight.widened(DataType.DOUBLE).toDoubleMatrix();
    for (int i = 0; i < 2; i++) {
      double step = (i == 0 ? 0.7 : 12) / 127;
      for (int j = 0; j < 3; j++) {
        assertThat(Math.abs(widened[i][j] - values[i][j])).isLessThanOrEqualTo(step / 2 + 1e-12);
      }
    }
  }

  private static INDArray array(double[][] values) {
    return Nd4j.createFromArray(values);
  }

  private static INDArray zeros(long... shape) {
    return Nd4j.zeros(DataType.DOUBLE, shape);
  }
}
