package org.peft4j.internal.quantized;

import java.nio.ByteBuffer;

/**
 * Whole numbers of 4 or 8 bits outside of the heap. Two codes of 4 bits share a byte, the first in
 * its lower half.
 */
public final class Codes {
  private final int bits;
  private final HostBytes memory;
  private final ByteBuffer bytes;

  private Codes(int bits, HostBytes memory) {
    this.bits = bits;
    this.memory = memory;
    this.bytes = memory.buffer();
  }

  public static Codes allocate(int bits, long count) {
    return new Codes(bits, HostBytes.allocate((count * bits + 7) / 8));
  }

  /** Those in {@code memory}, which is not copied. */
  public static Codes in(int bits, HostBytes memory) {
    return new Codes(bits, memory);
  }

  /** All bytes. */
  ByteBuffer buffer() {
    return memory.buffer();
  }

  /**
   * Writes codes from number {@code first} on. Different threads may write at once what shares no
   * byte.
   *
   * @param first even, where codes have 4 bits
   */
  public void put(long first, int[] codes) {
    byte[] packed = new byte[(codes.length * bits + 7) / 8];
    for (int i = 0; i < codes.length; i++) {
      if (bits == 8) {
        packed[i] = (byte) codes[i];
      } else {
        packed[i / 2] |= (byte) (codes[i] << (i % 2 * 4));
      }
    }
    bytes.put(Math.toIntExact(first * bits / 8), packed);
  }

  int bits() {
    return bits;
  }

  /** Reads {@code count} codes from number {@code first} on. */
  void get(long first, int count, int[] target) {
    if (bits == 8) {
      for (int i = 0; i < count; i++) {
        target[i] = Byte.toUnsignedInt(bytes.get((int) (first + i)));
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      long number = first + i;
      int pair = bytes.get((int) (number >> 1));
      target[i] = (number & 1) == 0 ? pair & 15 : pair >> 4 & 15;
    }
  }

  long size() {
    return memory.size();
  }

  void close() {
    memory.close();
  }
}
