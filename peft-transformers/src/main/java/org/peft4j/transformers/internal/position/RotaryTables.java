package org.peft4j.transformers.internal.position;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.transformers.architecture.Rotary;
import org.peft4j.transformers.internal.memory.CallMemory;

/** Cosines and sines of rotary positions. Keeps the largest table so far on the Java heap. */
public final class RotaryTables {
  /**
   * A row of {@code size} values for each position; its second half repeats the angles of the
   * first.
   */
  private record Table(int variant, int positions, float[] cos, float[] sin) {}

  private final Rotary rotary;
  private final int size;
  private final boolean interleaved;
  private volatile Table largest = new Table(0, 0, new float[0], new float[0]);

  /**
   * @param size the number of rotated features of a head
   * @param interleaved whether two neighbours are a pair
   */
  public RotaryTables(Rotary rotary, int size, boolean interleaved) {
    this.rotary = rotary;
    this.size = size;
    this.interleaved = interleaved;
  }

  /**
   * The rotation of tokens at these positions, in temporary arrays.
   *
   * @param positions [1 or batch, time]
   * @param length the length of the sequence so far; some models' frequencies depend on it
   */
  public Rotation rotation(int[] positions, int time, int length, CallMemory memory) {
    Table table = table(length);
    float[] cos = new float[positions.length * size];
    float[] sin = new float[positions.length * size];
    for (int i = 0; i < positions.length; i++) {
      System.arraycopy(table.cos(), positions[i] * size, cos, i * size, size);
      System.arraycopy(table.sin(), positions[i] * size, sin, i * size, size);
    }
    long[] shape = {positions.length / time, time, size};
    INDArray cosines = memory.values(cos, shape);
    return new Rotation(cosines, memory.values(sin, shape), interleaved);
  }

  private Table table(int length) {
    int variant = rotary.variant(length);
    Table table = largest;
    if (table.positions() < length || table.variant() != variant) {
      int positions = table.variant() == variant ? Math.max(length, 2 * table.positions()) : length;
      table = compute(rotary.frequencies(size, length), variant, positions);
      largest = table;
    }
    return table;
  }

  private Table compute(float[] frequencies, int variant, int positions) {
    double factor = rotary.attentionFactor();
    float[] cos = new float[positions * size];
    float[] sin = new float[positions * size];
    for (int p = 0; p < positions; p++) {
      for (int i = 0; i < size; i++) {
        float angle = p * frequencies[i % frequencies.length];
        cos[p * size + i] = (float) (Math.cos(angle) * factor);
        sin[p * size + i] = (float) (Math.sin(angle) * factor);
      }
    }
    return new Table(variant, positions, cos, sin);
  }
}
