package org.peft4j.quantization;

import java.util.Arrays;
import java.util.Locale;
import org.peft4j.error.PeftException;

/** A format of quantised weights. */
public enum QuantizedFormat {
  /**
   * 4-bit NormalFloat (Dettmers et al., 2023): 16 values that are equally likely for normally
   * distributed weights, times the absolute maximum of the block.
   */
  NF4,
  /** 4-bit floating point: a sign, two bits of exponent and one of mantissa, scaled like NF4. */
  FP4;

  /**
   * The format of a name in options and files.
   *
   * @throws PeftException if there is none
   */
  public static QuantizedFormat named(String id) {
    return Arrays.stream(values())
        .filter(format -> format.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new PeftException(
                    "The format of quantised weights is \"" + id + "\"; allowed: nf4, fp4."));
  }

  /** Its name in options and files: {@code nf4}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
