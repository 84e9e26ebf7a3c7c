package org.peft4j.internal.quantized;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.peft4j.kernel.CodedRows.FactorCodes;

/**
 * Factors in 8 bits: {@code mean + scale·d[code]}, with a scale for every 256 of them and the
 * values d of {@link DynamicValues}.
 */
public final class QuantizedFactors implements Factors {
  public static final int GROUP = 256;

  private static final float[] VALUES = DynamicValues.CODEBOOK.values();

  private final HostBytes memory;
  private final ByteBuffer codes;
  private final float[] scales;
  private final float mean;

  /**
   * @param codes one byte for each factor
   * @param scales of 256 factors each
   */
  public QuantizedFactors(HostBytes codes, float[] scales, float mean) {
    this.memory = codes;
    this.codes = codes.buffer();
    this.scales = scales.clone();
    this.mean = mean;
  }

  /** The nearest to {@code factors}; the mean is exact before it is rounded to FP32. */
  static QuantizedFactors of(float[] factors) {
    double sum = 0;
    for (float factor : factors) {
      sum += factor;
    }
    float mean = (float) (sum / factors.length);
    float[] centred = new float[factors.length];
    for (int i = 0; i < centred.length; i++) {
      centred[i] = factors[i] - mean;
    }
    HostBytes codes = HostBytes.allocate(centred.length);
    float[] scales =
        new BlockQuantizer(DynamicValues.CODEBOOK, GROUP).codes(centred, codes.buffer());
    return new QuantizedFactors(codes, scales, mean);
  }

  /** One byte for each factor. */
  public ByteBuffer codes() {
    return memory.buffer();
  }

  public float[] scales() {
    return scales.clone();
  }

  public float mean() {
    return mean;
  }

  @Override
  public float of(int block) {
    int code = Byte.toUnsignedInt(codes.get(block));
    return VALUES[code] * scales[block / GROUP] + mean;
  }

  @Override
  public void get(int first, float[] target) {
    byte[] read = new byte[target.length];
    codes.get(first, read);
    for (int from = 0; from < read.length; ) {
      int group = (first + from) / GROUP;
      int to = Math.min(read.length, (group + 1) * GROUP - first);
      float scale = scales[group];
      for (int i = from; i < to; i++) {
        target[i] = VALUES[Byte.toUnsignedInt(read[i])] * scale + mean;
      }
      from = to;
    }
  }

  @Override
  public Optional<FactorCodes> inEightBits() {
    return Optional.of(new FactorCodes(codes(), VALUES, scales, GROUP, mean));
  }

  @Override
  public long bytes() {
    return memory.size() + (long) Float.BYTES * (scales.length + 1);
  }

  @Override
  public void close() {
    memory.close();
  }
}
