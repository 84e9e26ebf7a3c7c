package org.peft4j.onednn.internal.fourbit;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.peft4j.kernel.CodedRows;
import org.peft4j.kernel.CodedRows.FactorCodes;
import org.peft4j.onednn.internal.vector.NativeVectors;

/**
 * Reads factors that are codes of 8 bits, a vector of them at once: the numbers that {@link
 * CodedRows#factors} reads. An object is for one thread.
 */
final class BlockFactors {
  /** Reads as many factors as {@code target} has. */
  interface Reader {
    void read(int first, float[] target);
  }

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, FLOATS.vectorShape());
  private static final int LANES = FLOATS.length();

  /** As many bytes as a vector has numbers. */
  private static final VectorSpecies<Integer> BYTES =
      VectorSpecies.of(int.class, VectorShape.forBitSize(LANES * Byte.SIZE));

  private static final int UNSIGNED = 0xff;

  private final FactorCodes factors;
  private final ByteBuffer codes;
  private final Object memory;
  private final int[] indices = new int[LANES];

  private BlockFactors(FactorCodes factors) {
    this.factors = factors;
    this.codes = factors.codes();
    this.memory = NativeVectors.of(codes);
  }

  /** The reader of a matrix' factors, for one thread. */
  static Reader of(CodedRows weight) {
    return weight
        .factorCodes()
        .<Reader>map(codes -> new BlockFactors(codes)::read)
        .orElse(weight::factors);
  }

  private void read(int first, float[] target) {
    int group = factors.group();
    for (int from = 0; from < target.length; ) {
      int at = first + from;
      int to = Math.min(target.length, from + group - at % group);
      float scale = factors.scales()[at / group];
      int whole = from + (to - from) / LANES * LANES;
      look(memory, first, indices, factors.values(), scale, factors.mean(), target, from, whole);
      for (int i = whole; i < to; i++) {
        int code = Byte.toUnsignedInt(codes.get(first + i));
        target[i] = factors.values()[code] * scale + factors.mean();
      }
      from = to;
    }
  }

  private static void look(
      Object memory,
      int first,
      int[] indices,
      float[] values,
      float scale,
      float mean,
      float[] target,
      int from,
      int to) {
    for (int i = from; i < to; i += LANES) {
      IntVector bytes = NativeVectors.ints(BYTES, memory, (long) first + i);
      ((IntVector) bytes.reinterpretAsBytes().convertShape(VectorOperators.B2I, INTS, 0))
          .and(UNSIGNED)
          .intoArray(indices, 0);
      FloatVector.fromArray(FLOATS, values, 0, indices, 0)
          .mul(scale)
          .add(mean)
          .intoArray(target, i);
    }
  }
}
