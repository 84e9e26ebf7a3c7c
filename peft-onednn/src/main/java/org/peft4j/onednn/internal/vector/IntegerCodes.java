package org.peft4j.onednn.internal.vector;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Loops over codes that are integers of 4 or 8 bits. Eight words of 32 bits are a tile, and the
 * codes at the same place of their words a plane of it: shifts make eight numbers of a plane. What
 * they meet lies in the order of tiles, planes and words.
 *
 * <p>A loop is a method of more than 325 bytecodes, which HotSpot compiles by itself. In a larger
 * method that it was copied into, its vectors may become objects on the heap, at a tenth of the
 * speed.
 */
final class IntegerCodes {
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_256;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
  private static final int WORDS = FLOATS.length();

  /** Codes in a step of a loop. */
  private static final int STEP = 64;

  /** The words of the first and of the second half of a tile. */
  private static final float[] FIRST = {1, 1, 1, 1, 0, 0, 0, 0};

  private static final float[] SECOND = {0, 0, 0, 0, 1, 1, 1, 1};

  private final int bits;
  private final int inWord;
  private final int shift;
  private final int flipped;

  /**
   * @param bits of a code, 4 or 8
   * @param signed whether codes are two's complements; of others, half the number of codes is
   *     subtracted
   */
  IntegerCodes(int bits, boolean signed) {
    this.bits = bits;
    this.inWord = Integer.SIZE / bits;
    this.shift = Integer.numberOfTrailingZeros(inWord);
    this.flipped = signed ? 0 : bits == 4 ? 0x88888888 : 0x80808080;
  }

  /** Codes of half a tile. */
  int half() {
    return WORDS / 2 * inWord;
  }

  /** Codes of as many whole steps as hold {@code count}. */
  int room(int count) {
    return (count + STEP - 1) / STEP * STEP;
  }

  /** Makes offsets those of the numbers that {@link #dot} takes: {@code o ← o − s·half}. */
  void shift(float[] scales, float[] offsets) {
    if (flipped != 0) {
      int middle = 1 << (bits - 1);
      for (int group = 0; group < offsets.length; group++) {
        offsets[group] -= middle * scales[group];
      }
    }
  }

  /** Numbers in the order of tiles, planes and words, with zeros to the end of the last step. */
  float[] ordered(float[] x) {
    float[] ordered = new float[room(x.length)];
    for (int code = 0; code < x.length; code++) {
      ordered[place(code)] = x[code];
    }
    return ordered;
  }

  /** The place of a code in the order of tiles, planes and words. */
  int place(int code) {
    int tile = code & -(WORDS * inWord);
    int word = (code >> shift) & (WORDS - 1);
    return tile + (code & (inWord - 1)) * WORDS + word;
  }

  /**
   * {@code Σ scales[ofHalf[half of a tile]]·code·x} over a row.
   *
   * @param codes whole steps
   * @param x in order
   */
  float dot(byte[] codes, float[] scales, int[] ofHalf, float[] x) {
    return bits == 4
        ? dotOfFour(codes, flipped, scales, ofHalf, x)
        : dotOfEight(codes, flipped, scales, ofHalf, x);
  }

  private static float dotOfFour(
      byte[] codes, int flipped, float[] scales, int[] ofHalf, float[] x) {
    FloatVector first = FloatVector.zero(FLOATS);
    FloatVector second = first;
    for (int at = 0, half = 0; at < x.length; at += STEP, half += 2) {
      IntVector words = ByteVector.fromArray(BYTES, codes, at / 2).reinterpretAsInts();
      words = words.lanewise(VectorOperators.XOR, flipped);
      FloatVector a =
          ((FloatVector)
                  words
                      .lanewise(VectorOperators.LSHL, 28)
                      .lanewise(VectorOperators.ASHR, 28)
                      .convert(VectorOperators.I2F, 0))
              .mul(FloatVector.fromArray(FLOATS, x, at));
      FloatVector b =
          ((FloatVector)
                  words
                      .lanewise(VectorOperators.LSHL, 24)
                      .lanewise(VectorOperators.ASHR, 28)
                      .convert(VectorOperators.I2F, 0))
              .mul(FloatVector.fromArray(FLOATS, x, at + 8));
      a =
          ((FloatVector)
                  words
                      .lanewise(VectorOperators.LSHL, 20)
                      .lanewise(VectorOperators.ASHR, 28)
                      .convert(VectorOperators.I2F, 0))
              .fma(FloatVector.fromArray(FLOATS, x, at + 16), a);
      b =
          ((FloatVector)
                  words
                      .lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 28)
                      .convert(VectorOperators.I2F, 0))
              .fma(FloatVector.fromArray(FLOATS, x, at + 24), b);
      a =
          ((FloatVector)
                  words
                      .lanewise(VectorOperators.LSHL, 12)
                      .lanewise(VectorOperators.ASHR, 28)
                      .convert(VectorOperators.I2F, 0))
              .fma(FloatVector.fromArray(FLOATS, x, at + 32), a);
      b =
          ((FloatVector)
                  words
                      .lanewise(VectorOperators.LSHL, 8)
                      .lanewise(VectorOperators.ASHR, 28)
                      .convert(VectorOperators.I2F, 0))
              .fma(FloatVector.fromArray(FLOATS, x, at + 40), b);
      a =
          ((FloatVector)
                  words
                      .lanewise(VectorOperators.LSHL, 4)
                      .lanewise(VectorOperators.ASHR, 28)
                      .convert(VectorOperators.I2F, 0))
              .fma(FloatVector.fromArray(FLOATS, x, at + 48), a);
      b =
          ((FloatVector) words.lanewise(VectorOperators.ASHR, 28).convert(VectorOperators.I2F, 0))
              .fma(FloatVector.fromArray(FLOATS, x, at + 56), b);
      a = a.add(b);
      first = a.fma(FloatVector.broadcast(FLOATS, scales[ofHalf[half]]), first);
      second = a.fma(FloatVector.broadcast(FLOATS, scales[ofHalf[half + 1]]), second);
    }
    first = first.mul(FloatVector.fromArray(FLOATS, FIRST, 0));
    second = second.fma(FloatVector.fromArray(FLOATS, SECOND, 0), first);
    return second.reduceLanes(VectorOperators.ADD);
  }

  private static float dotOfEight(
      byte[] codes, int flipped, float[] scales, int[] ofHalf, float[] x) {
    FloatVector first = FloatVector.zero(FLOATS);
    FloatVector second = first;
    for (int at = 0, half = 0; at < x.length; at += STEP, half += 4) {
      IntVector words = ByteVector.fromArray(BYTES, codes, at).reinterpretAsInts();
      IntVector more = ByteVector.fromArray(BYTES, codes, at + STEP / 2).reinterpretAsInts();
      words = words.lanewise(VectorOperators.XOR, flipped);
      more = more.lanewise(VectorOperators.XOR, flipped);
      FloatVector a =
          ((FloatVector)
                  words
                      .lanewise(VectorOperators.LSHL, 24)
                      .lanewise(VectorOperators.ASHR, 24)
                      .convert(VectorOperators.I2F, 0))
              .mul(FloatVector.fromArray(FLOATS, x, at));
      a =
          ((FloatVector)
                  words
                      .lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 24)
                      .convert(VectorOperators.I2F, 0))
              .fma(FloatVector.fromArray(FLOATS, x, at + 8), a);
      a =
          ((FloatVector)
                  words
                      .lanewise(VectorOperators.LSHL, 8)
                      .lanewise(VectorOperators.ASHR, 24)
                      .convert(VectorOperators.I2F, 0))
              .fma(FloatVector.fromArray(FLOATS, x, at + 16), a);
      a =
          ((FloatVector) words.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0))
              .fma(FloatVector.fromArray(FLOATS, x, at + 24), a);
      FloatVector b =
          ((FloatVector)
                  more.lanewise(VectorOperators.LSHL, 24)
                      .lanewise(VectorOperators.ASHR, 24)
                      .convert(VectorOperators.I2F, 0))
              .mul(FloatVector.fromArray(FLOATS, x, at + 32));
      b =
          ((FloatVector)
                  more.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 24)
                      .convert(VectorOperators.I2F, 0))
              .fma(FloatVector.fromArray(FLOATS, x, at + 40), b);
      b =
          ((FloatVector)
                  more.lanewise(VectorOperators.LSHL, 8)
                      .lanewise(VectorOperators.ASHR, 24)
                      .convert(VectorOperators.I2F, 0))
              .fma(FloatVector.fromArray(FLOATS, x, at + 48), b);
      b =
          ((FloatVector) more.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0))
              .fma(FloatVector.fromArray(FLOATS, x, at + 56), b);
      first = a.fma(FloatVector.broadcast(FLOATS, scales[ofHalf[half]]), first);
      second = a.fma(FloatVector.broadcast(FLOATS, scales[ofHalf[half + 1]]), second);
      first = b.fma(FloatVector.broadcast(FLOATS, scales[ofHalf[half + 2]]), first);
      second = b.fma(FloatVector.broadcast(FLOATS, scales[ofHalf[half + 3]]), second);
    }
    first = first.mul(FloatVector.fromArray(FLOATS, FIRST, 0));
    second = second.fma(FloatVector.fromArray(FLOATS, SECOND, 0), first);
    return second.reduceLanes(VectorOperators.ADD);
  }
}
