package org.peft4j.onednn.internal.vector;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;

/** Rows whose heads are whole vectors, read where they are. */
final class NativeRows extends RowMemory {
  private final Object memory;

  /** Of an element. */
  private final long bytes;

  private final float[] products = new float[STREAMS];

  NativeRows(INDArray array, long count, int stride, int size) {
    super(array, count, stride, size);
    bytes = half ? Short.BYTES : Float.BYTES;
    memory = NativeVectors.of(Address.bytes(array, 0, count * bytes));
  }

  static boolean possible(INDArray array, int size) {
    int inLane = array.dataType() == DataType.BFLOAT16 ? 2 : 1;
    return NativeVectors.PRESENT && size % (inLane * FloatRows.LANES) == 0;
  }

  @Override
  void multiply(int row, int apart, int streams, int head, float[][] x, float[][] p, int at) {
    long first = at(row, head) * bytes;
    long between = (long) apart * stride * bytes;
    for (int i = 0; i < x.length; i++) {
      if (half) {
        HalfRows.dots(memory, first, between, size / 2, x[i], products);
      } else {
        FloatRows.dots(memory, first, between, x[i], products);
      }
      for (int stream = 0; stream < streams; stream++) {
        p[i][at + stream * apart] = products[stream];
      }
    }
  }

  @Override
  void add(int row, int apart, int streams, int head, float[][] p, int at, float[][] sums) {
    long first = at(row, head) * bytes;
    long between = (long) apart * stride * bytes;
    for (int i = 0; i < p.length; i++) {
      if (streams == 1) {
        addOne(p[i][at], first, sums[i]);
      } else if (half) {
        HalfRows.adds(p[i], at, apart, memory, first, between, size / 2, sums[i]);
      } else {
        FloatRows.adds(p[i], at, apart, memory, first, between, sums[i]);
      }
    }
  }

  /** As all streams at once, of which the others have no weight. */
  private void addOne(float p, long first, float[] sum) {
    products[0] = p;
    for (int stream = 1; stream < STREAMS; stream++) {
      products[stream] = 0;
    }
    if (half) {
      HalfRows.adds(products, 0, 1, memory, first, 0, size / 2, sum);
    } else {
      FloatRows.adds(products, 0, 1, memory, first, 0, sum);
    }
  }
}
