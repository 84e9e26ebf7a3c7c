package org.peft4j.transformers.internal.position;

import java.util.Objects;
import org.peft4j.transformers.architecture.Rotary;
import org.peft4j.transformers.config.ModelConfig;

/** Cosines and sines of rotary positions. The largest table so far is kept, on the Java heap. */
public final class RotaryTables {
  /** For each position a row of headSize values, the second half repeating the first. */
  private record Table(int frequenciesFor, int positions, float[] cos, float[] sin) {}

  /** Rows picked for some positions, [positions, headSize] each. */
  public record Rows(float[] cos, float[] sin) {}

  private final int headSize;
  private final ModelConfig.Attention attention;
  private volatile Table largest = new Table(0, 0, new float[0], new float[0]);

  public RotaryTables(ModelConfig.Attention attention) {
    this.attention = attention;
    this.headSize = attention.headSize();
  }

  public boolean rotary() {
    return attention.rotary() != null;
  }

  /** The rows of {@code positions}, in a sequence of {@code length} positions. */
  public Rows rows(int[] positions, int length) {
    Table table = table(length);
    float[] cos = new float[positions.length * headSize];
    float[] sin = new float[positions.length * headSize];
    for (int i = 0; i < positions.length; i++) {
      System.arraycopy(table.cos(), positions[i] * headSize, cos, i * headSize, headSize);
      System.arraycopy(table.sin(), positions[i] * headSize, sin, i * headSize, headSize);
    }
    return new Rows(cos, sin);
  }

  private Table table(int length) {
    Rotary rotary = Objects.requireNonNull(attention.rotary());
    int frequenciesFor = rotary.dependsOnLength() ? length : 0;
    Table table = largest;
    if (table.positions() < length || table.frequenciesFor() != frequenciesFor) {
      int positions = rotary.dependsOnLength() ? length : Math.max(length, 2 * table.positions());
      table = compute(rotary.frequencies(headSize, length), frequenciesFor, positions);
      largest = table;
    }
    return table;
  }

  private Table compute(float[] frequencies, int frequenciesFor, int positions) {
    float[] cos = new float[positions * headSize];
    float[] sin = new float[positions * headSize];
    for (int p = 0; p < positions; p++) {
      for (int i = 0; i < headSize; i++) {
        float angle = p * frequencies[i % frequencies.length];
        cos[p * headSize + i] = (float) Math.cos(angle);
        sin[p * headSize + i] = (float) Math.sin(angle);
      }
    }
    return new Table(frequenciesFor, positions, cos, sin);
  }
}
