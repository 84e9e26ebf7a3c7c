package org.peft4j.onednn;

import java.nio.FloatBuffer;
import org.bytedeco.dnnl.global.dnnl;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.operation.Pointwise;
import org.peft4j.onednn.internal.operation.Softmax;

/** Cross-entropy of rows with their labels; replaces the logits with their gradient. */
final class CrossEntropy {
  private CrossEntropy() {}

  static void apply(INDArray logits, int[] labels, double scale, INDArray losses) {
    long address = Address.of(logits);
    int columns = (int) logits.size(1);
    Softmax.logarithm(address, logits.size(0), columns);
    FloatBuffer values = RowTasks.floats(logits);
    FloatBuffer results = RowTasks.floats(losses);
    for (int i = 0; i < labels.length; i++) {
      results.put(i, -values.get(i * columns + labels[i]));
    }
    Pointwise.apply(dnnl.algorithm.eltwise_exp, 0, 0, address, address, logits.length());
    Pointwise.apply(
        dnnl.algorithm.eltwise_linear, (float) scale, 0, address, address, logits.length());
    for (int i = 0; i < labels.length; i++) {
      int at = i * columns + labels[i];
      values.put(at, values.get(at) - (float) scale);
    }
  }
}
