package org.peft4j.onednn;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.HeadRows;
import org.peft4j.onednn.internal.RowTasks;

/** Rotary positions in place: {@code (a, b) → (a·cos − b·sin, b·cos + a·sin)} for both halves. */
final class Rotary {
  private Rotary() {}

  /**
   * @param x [B, T, H, D], possibly with gaps between rows
   * @param cos [1 or B, T, R], for the first R features of each head
   * @param direction 1 to rotate, −1 to rotate back
   */
  static void rotate(INDArray x, INDArray cos, INDArray sin, int direction) {
    int time = (int) x.size(1);
    int width = (int) (x.size(2) * x.size(3));
    int size = (int) x.size(3);
    int turned = (int) cos.size(2);
    long rows = x.size(0) * time;
    HeadRows values = HeadRows.of(x);
    FloatBuffer cosines = RowTasks.floats(cos);
    FloatBuffer sines = RowTasks.floats(sin);
    int tables = (int) (cos.size(0) * time);
    RowTasks.run(
        rows,
        width,
        (from, to) -> {
          float[] row = new float[width];
          float[] c = new float[turned];
          float[] s = new float[turned];
          for (int i = from; i < to; i++) {
            values.get(i, row);
            cosines.get(i % tables * turned, c);
            sines.get(i % tables * turned, s);
            for (int head = 0; head < width; head += size) {
              turn(row, head, turned / 2, c, s, direction);
            }
            values.put(i, row);
          }
        });
  }

  private static void turn(float[] row, int head, int half, float[] c, float[] s, int direction) {
    for (int j = 0; j < half; j++) {
      float a = row[head + j];
      float b = row[head + half + j];
      if (direction > 0) {
        row[head + j] = a * c[j] - b * s[j];
        row[head + half + j] = b * c[half + j] + a * s[half + j];
      } else {
        row[head + j] = a * c[j] + b * s[half + j];
        row[head + half + j] = b * c[half + j] - a * s[j];
      }
    }
  }
}
