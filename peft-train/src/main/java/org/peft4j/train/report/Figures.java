package org.peft4j.train.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people read them. */
final class Figures {
  private static final MathContext DIGITS = new MathContext(4);
  private static final double LONG = 1000;
  private static final double SHORT = 1e-4;

  private Figures() {}

  /** Four digits: {@code 12,345}, {@code 2.755}, {@code 0.005}, {@code 6.118e-7}. */
  static String text(double value) {
    double size = Math.abs(value);
    if (size == 0) {
      return "0";
    }
    if (size >= LONG) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    BigDecimal rounded = new BigDecimal(value, DIGITS).stripTrailingZeros();
    if (size >= SHORT) {
      return rounded.toPlainString();
    }
    int exponent = rounded.precision() - rounded.scale() - 1;
    return rounded.scaleByPowerOfTen(-exponent).toPlainString() + "e" + exponent;
  }
}
