package org.peft4j.internal;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Whether arrays hold finite numbers. ND4J's largest value does not tell: it passes over NaN. */
public final class Finite {
  private Finite() {}

  /** Whether no entry of {@code array} is infinite or NaN. */
  public static boolean all(INDArray array) {
    // A sum of numbers one of which is not finite is not, either; one of large ones may be
    // infinite.
    return array.length() == 0
        || Double.isFinite(array.sumNumber().doubleValue())
        || Arrays.stream(array.dup('c').data().asDouble()).allMatch(Double::isFinite);
  }
}
