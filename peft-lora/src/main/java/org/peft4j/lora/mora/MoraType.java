package org.peft4j.lora.mora;

import java.util.Optional;

/** How to resize an input to M's size, and M's result to the output's. */
public enum MoraType {
  /** Adds entries that share a place; places of the output share entries. Equation 6. */
  SHARING(1),
  /**
   * M multiplies each group of entries, rotated by its own angle as by rotary embeddings. Equation
   * 9.
   */
  ROTATION(6);

  private final int number;

  MoraType(int number) {
    this.number = number;
  }

  /** The number in {@code mora_type}, that of the authors' own code. */
  public int number() {
    return number;
  }

  static Optional<MoraType> of(int number) {
    for (MoraType type : values()) {
      if (type.number == number) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
