package org.peft4j.internal;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Whether arrays hold finite numbers. ND4J's maximum cannot say: it ignores NaN. */
public final class Finite {
  private Finite() {}

  /** Whether no entry of {@code array} is infinite or NaN. */
  public static boolean all(INDArray array) {
    // The sum of numbers with an infinite or NaN one is not finite; a sum of large ones may
    // be infinite.
    return array.length() == 0
        || Double.isFinite(array.sumNumber().doubleValue())
        || Arrays.stream(array.dup('c').data().asDouble()).allMatch(Double::isFinite);
  }
}
