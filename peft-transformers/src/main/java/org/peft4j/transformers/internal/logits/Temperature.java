package org.peft4j.transformers.internal.logits;

/**
 * {@code l/T}: sharper below 1, flatter above.
 *
 * @param temperature T
 */
public record Temperature(double temperature) implements LogitsProcessor {
  @Override
  public float[] apply(int[] ids, float[] logits) {
    float[] result = new float[logits.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = logits[i] / (float) temperature;
    }
    return result;
  }
}
