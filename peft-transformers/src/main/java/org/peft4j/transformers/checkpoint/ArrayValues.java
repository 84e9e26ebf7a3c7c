package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.safetensors.TensorSink;

/** Arrays to a checkpoint, a chunk at a time. */
final class ArrayValues {
  private static final int CHUNK = 1 << 20;

  private ArrayValues() {}

  /** Appends all elements of a row-major array. */
  static void write(INDArray array, TensorSink sink, String name) throws IOException {
    INDArray flat = array.reshape('c', new long[] {array.length()});
    for (long from = 0; from < flat.length(); from += CHUNK) {
      long to = Math.min(from + CHUNK, flat.length());
      float[] values = flat.get(NDArrayIndex.interval(from, to)).toFloatVector();
      sink.writeFloats(name, values, 0, values.length);
    }
  }
}
