package org.peft4j.onednn.internal.winograd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Vectors of the processor. */
final class Vectors {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final int LANES = FLOATS.length();

  private Vectors() {}

  /** The least number, of whole vectors, that is not below {@code count}. */
  static int room(int count) {
    return (count + LANES - 1) / LANES * LANES;
  }
}
