package org.peft4j.onednn.internal.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** {@link Rounding}, a vector of numbers at once. */
final class HalfRounding {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

  /** As many numbers in half the bits. */
  private static final VectorSpecies<Short> HALVES =
      VectorSpecies.of(short.class, VectorShape.forBitSize(LANES * Short.SIZE));

  private HalfRounding() {}

  /** Returns how many of {@code count} are rounded: whole vectors. */
  static int round(float[] numbers, short[] rounded, int count) {
    int whole = count / LANES * LANES;
    for (int i = 0; i < whole; i += LANES) {
      IntVector bits = FloatVector.fromArray(FLOATS, numbers, i).reinterpretAsInts();
      IntVector odd = bits.lanewise(VectorOperators.LSHR, Short.SIZE).and(1);
      bits.add(0x7fff)
          .add(odd)
          .lanewise(VectorOperators.LSHR, Short.SIZE)
          .convertShape(VectorOperators.I2S, HALVES, 0)
          .reinterpretAsShorts()
          .intoArray(rounded, i);
    }
    return whole;
  }
}
