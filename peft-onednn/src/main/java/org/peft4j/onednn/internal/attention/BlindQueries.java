package org.peft4j.onednn.internal.attention;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.onednn.internal.HeadRows;

/**
 * Queries that see no key, such as left padding: they attend to all S keys equally. Tiles do not
 * contain all keys, so this class computes the means of v separately: {@code context = Σ v/S},
 * {@code dv += context gradient/S} for each key. In tiles their probabilities are zero.
 */
final class BlindQueries {
  private final AttentionPattern pattern;
  private final int batch;
  private final int heads;
  private final int group;

  /**
   * @param group the number of query heads that share a key head
   */
  BlindQueries(AttentionPattern pattern, int batch, int heads, int group) {
    this.pattern = pattern;
    this.batch = batch;
    this.heads = heads;
    this.group = group;
  }

  private int[] of(int sequence) {
    return pattern.blind(Math.min(sequence, pattern.rows() - 1));
  }

  /** Zeros the probabilities of a tile. */
  void clear(TileScores probabilities) {
    Tile tile = probabilities.tile();
    FloatBuffer values = probabilities.values();
    float[] zeros = new float[tile.keys()];
    for (int query : of(probabilities.sequence())) {
      int row = query - tile.first();
      for (int head = 0; head < probabilities.heads() && row >= 0 && row < tile.count(); head++) {
        values.put((head * tile.count() + row) * tile.keys(), zeros);
      }
    }
  }

  /** Writes the contexts [B, T, H, D] of blind queries. */
  void forward(INDArray v, INDArray context) {
    int size = (int) v.size(3);
    for (int sequence = 0; sequence < batch; sequence++) {
      int[] blind = of(sequence);
      if (blind.length > 0) {
        float[] mean = mean(v, sequence);
        float[] row = new float[heads * size];
        for (int head = 0; head < heads; head++) {
          System.arraycopy(mean, head / group * size, row, head * size, size);
        }
        HeadRows contexts = HeadRows.of(context);
        for (int query : blind) {
          contexts.put(sequence * pattern.queries() + query, row);
        }
      }
    }
  }

  private float[] mean(INDArray v, int sequence) {
    int keys = pattern.keys();
    HeadRows values = HeadRows.of(v);
    float[] row = new float[heads / group * (int) v.size(3)];
    double[] sum = new double[row.length];
    for (int key = 0; key < keys; key++) {
      values.get(sequence * keys + key, row);
      for (int i = 0; i < row.length; i++) {
        sum[i] += row[i];
      }
    }
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) (sum[i] / keys);
    }
    return row;
  }

  /** Adds to dv [B, S, K, D]. */
  void backward(INDArray contextGradient, INDArray dv) {
    int keys = pattern.keys();
    int size = (int) dv.size(3);
    for (int sequence = 0; sequence < batch; sequence++) {
      int[] blind = of(sequence);
      if (blind.length > 0) {
        HeadRows upper = HeadRows.of(contextGradient);
        float[] row = new float[heads * size];
        float[] sum = new float[heads / group * size];
        for (int query : blind) {
          upper.get(sequence * pattern.queries() + query, row);
          for (int i = 0; i < row.length; i++) {
            sum[i / size / group * size + i % size] += row[i] / keys;
          }
        }
        HeadRows gradients = HeadRows.of(dv);
        float[] gradient = new float[sum.length];
        for (int key = 0; key < keys; key++) {
          gradients.get(sequence * keys + key, gradient);
          for (int i = 0; i < sum.length; i++) {
            gradient[i] += sum[i];
          }
          gradients.put(sequence * keys + key, gradient);
        }
      }
    }
  }
}
