package org.peft4j.internal.quantized;

import java.nio.FloatBuffer;

/** Factors in FP32. */
public final class PlainFactors implements Factors {
  private final HostBytes memory;
  private final FloatBuffer values;

  private PlainFactors(HostBytes memory) {
    this.memory = memory;
    this.values = memory.buffer().asFloatBuffer();
  }

  /** Those in {@code memory}, which is not copied. */
  public static PlainFactors in(HostBytes memory) {
    return new PlainFactors(memory);
  }

  /** A copy of {@code factors}. */
  public static PlainFactors of(float[] factors) {
    HostBytes memory = HostBytes.allocate((long) Float.BYTES * factors.length);
    memory.buffer().asFloatBuffer().put(factors);
    return new PlainFactors(memory);
  }

  /** A copy of them. */
  public float[] values() {
    float[] copy = new float[values.capacity()];
    values.get(0, copy);
    return copy;
  }

  @Override
  public void get(int first, float[] target) {
    values.get(first, target);
  }

  @Override
  public float of(int block) {
    return values.get(block);
  }

  @Override
  public long bytes() {
    return memory.size();
  }

  @Override
  public void close() {
    memory.close();
  }
}
