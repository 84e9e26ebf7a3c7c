package org.peft4j.onednn.internal;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionPattern;

/** Which arrays these kernels take; the portable ones take the others. */
public final class Layouts {
  /** The most elements in a Java buffer. */
  private static final long MOST = Integer.MAX_VALUE / Float.BYTES;

  private Layouts() {}

  /** Whether all are FLOAT, row-major and without gaps. */
  public static boolean dense(INDArray... arrays) {
    for (INDArray array : arrays) {
      long stride = 1;
      for (int i = array.rank() - 1; i >= 0; i--) {
        if (array.size(i) != 1 && array.stride(i) != stride) {
          return false;
        }
        stride *= array.size(i);
      }
      boolean addressable = array.length() > 0 && array.length() <= MOST;
      if (array.dataType() != DataType.FLOAT || !addressable) {
        return false;
      }
    }
    return true;
  }

  /** Whether all are FLOAT [B, T, heads, D], each [heads, D] dense. */
  public static boolean rows(INDArray... arrays) {
    for (INDArray x : arrays) {
      boolean heads = x.size(2) == 1 || x.stride(2) == x.size(3);
      boolean batch = x.size(0) == 1 || x.stride(0) == x.size(1) * x.stride(1);
      boolean elements = x.size(3) == 1 || x.stride(3) == 1;
      if (!heads || !batch || !elements || x.dataType() != DataType.FLOAT || x.length() == 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether the pattern's bias, if it has one, is dense. */
  public static boolean denseBias(AttentionPattern pattern) {
    INDArray bias = pattern.bias();
    return bias == null || dense(bias);
  }
}
