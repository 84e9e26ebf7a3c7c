package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.peft4j.safetensors.TensorSink;

/**
 * Normally distributed values with mean 0, by Box and Muller's transform of a named generator in
 * strict arithmetic: the same on every Java version and platform.
 *
 * @param seed determines the values, together with the tensor's name
 * @param deviation their standard deviation
 * @param zeros elements that are 0 instead
 */
record NormalValues(long seed, double deviation, long count, Range zeros)
    implements CheckpointTensor.Values {
  private static final int CHUNK = 1 << 16;
  private static final double UNIT = 0x1.0p-53;

  /** Elements {@code from ≤ i < to}. */
  record Range(long from, long to) {
    static final Range NONE = new Range(0, 0);

    boolean contains(long index) {
      return from <= index && index < to;
    }
  }

  @Override
  public void writeTo(TensorSink sink, String name) throws IOException {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seedOf(name));
    float[] values = new float[CHUNK];
    for (long begin = 0; begin < count; begin += CHUNK) {
      for (int i = 0; i < CHUNK; i += 2) {
        pair(random, values, i);
      }
      int size = (int) Math.min(CHUNK, count - begin);
      for (int i = 0; i < size; i++) {
        values[i] = zeros.contains(begin + i) ? 0 : values[i];
      }
      sink.writeFloats(name, values, 0, size);
    }
  }

  private void pair(RandomGenerator random, float[] values, int at) {
    // (0, 1] and [0, 1): the logarithm is finite.
    double u = ((random.nextLong() >>> 11) + 1) * UNIT;
    double v = (random.nextLong() >>> 11) * UNIT;
    double radius = deviation * Math.sqrt(-2 * StrictMath.log(u));
    values[at] = (float) (radius * StrictMath.cos(2 * Math.PI * v));
    values[at + 1] = (float) (radius * StrictMath.sin(2 * Math.PI * v));
  }

  /** FNV-1a of the name, begun with the seed. */
  private long seedOf(String name) {
    long hash = 0xcbf29ce484222325L ^ seed;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }
}
