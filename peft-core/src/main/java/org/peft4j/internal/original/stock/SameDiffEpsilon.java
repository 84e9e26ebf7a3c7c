package org.peft4j.internal.original.stock;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.samediff.SameDiffLayer;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.util.SameDiffUtils;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.ExternalErrorsFunction;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The factor of a gradient before it enters a layer that SameDiff computes. Deeplearning4j
 * 1.0.0-M2.1 counts that gradient twice, so all gradients of such a layer and below come out
 * doubled. The factor is measured once, on the identity, so that it is 1 in a corrected version.
 */
final class SameDiffEpsilon {
  private SameDiffEpsilon() {}

  /** The factor for {@code layer}: 1 unless SameDiff computes it. */
  static double scale(Layer layer) {
    return layer instanceof SameDiffLayer ? scale() : 1;
  }

  /** The factor for whatever SameDiff computes. */
  static double scale() {
    return Measured.SCALE;
  }

  private static final class Measured {
    static final double SCALE = 1 / gradientOfIdentity();

    private static double gradientOfIdentity() {
      SameDiff sameDiff = SameDiff.create();
      SDVariable x = sameDiff.placeHolder("x", DataType.DOUBLE, 1, 1);
      SDVariable y = x.mul("y", 1);
      ExternalErrorsFunction errors = SameDiffUtils.externalErrors(sameDiff, null, y);
      errors.outputVariable();
      sameDiff.createGradFunction("x");
      INDArray one = Nd4j.ones(DataType.DOUBLE, 1, 1);
      Map<String, INDArray> gradients =
          sameDiff.calculateGradients(
              Map.of("x", one, errors.getGradPlaceholderName(), one), List.of("x"));
      return Objects.requireNonNull(gradients.get("x")).getDouble(0);
    }
  }
}
