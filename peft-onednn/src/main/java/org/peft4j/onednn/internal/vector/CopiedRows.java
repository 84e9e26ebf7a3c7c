package org.peft4j.onednn.internal.vector;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;

/** Rows with heads of any width, copied to the heap one by one. */
final class CopiedRows extends RowMemory {
  private final @Nullable FloatBuffer numbers;
  private final @Nullable IntBuffer pairs;

  /** Of a head. */
  private final float[] copy;

  private final int[] room;

  CopiedRows(INDArray array, long count, int stride, int size) {
    super(array, count, stride, size);
    numbers = half ? null : Address.floats(array, count);
    pairs = half ? Address.bytes(array, 0, count * Short.BYTES).asIntBuffer() : null;
    copy = new float[size];
    room = new int[size / 2];
  }

  @Override
  void multiply(int row, int apart, int streams, int head, float[][] x, float[][] p, int at) {
    for (int stream = 0; stream < streams; stream++) {
      read(row + stream * apart, head);
      for (int i = 0; i < x.length; i++) {
        p[i][at + stream * apart] = FloatRows.dot(copy, 0, x[i]);
      }
    }
  }

  @Override
  void add(int row, int apart, int streams, int head, float[][] p, int at, float[][] sums) {
    for (int stream = 0; stream < streams; stream++) {
      read(row + stream * apart, head);
      for (int i = 0; i < p.length; i++) {
        FloatRows.add(p[i][at + stream * apart], copy, sums[i]);
      }
    }
  }

  private void read(int row, int head) {
    int at = at(row, head);
    if (numbers != null) {
      numbers.get(at, copy);
    } else if (pairs != null) {
      pairs.get(at / 2, room);
      HalfRows.split(room, room.length, copy);
    }
  }
}
