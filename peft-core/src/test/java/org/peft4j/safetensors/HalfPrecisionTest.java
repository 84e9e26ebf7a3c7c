package org.peft4j.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * All 65536 values of both 16-bit formats against their definition, sign · fraction · 2^exponent.
 */
class HalfPrecisionTest {

  @Test
  void everyHalfHasTheValueOfItsDefinition() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      assertThat(Half.toFloat((short) bits))
          .isEqualTo(Float.valueOf((float) definition(bits, 5, 10)));
    }
  }

  @Test
  void everyBfloat16HasTheValueOfItsDefinition() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      assertThat(BFloat16.toFloat((short) bits))
          .isEqualTo(Float.valueOf((float) definition(bits, 8, 7)));
    }
  }

  @Test
  void everyValueSurvivesARoundTrip() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      if (!Float.isNaN(Half.toFloat((short) bits))) {
        assertThat(Half.fromFloat(Half.toFloat((short) bits))).isEqualTo((short) bits);
      }
      if (!Float.isNaN(BFloat16.toFloat((short) bits))) {
        assertThat(BFloat16.fromFloat(BFloat16.toFloat((short) bits))).isEqualTo((short) bits);
      }
    }
  }

  @Test
  void nanStaysNan() {
    for (int bits : new int[] {0x7f800001, 0x7fc00000, 0xffffffff, 0xff800001}) {
      float nan = Float.intBitsToFloat(bits);
      assertThat(Half.toFloat(Half.fromFloat(nan))).isNaN();
      assertThat(BFloat16.toFloat(BFloat16.fromFloat(nan))).isNaN();
    }
  }

  /** Between each two neighbours: below the middle down, above it up, at it to the even one. */
  @Test
  void floatsRoundToTheNearestHalfAndTiesToEven() {
    for (int bits = 0; bits < 0x7bff; bits++) {
      float low = Half.toFloat((short) bits);
      float middle = (low + Half.toFloat((short) (bits + 1))) / 2;
      short even = (short) (bits + (bits & 1));
      assertThat(Half.fromFloat(middle)).isEqualTo(even);
      assertThat(Half.fromFloat(-middle)).isEqualTo((short) (even | 0x8000));
      assertThat(Half.fromFloat(Math.nextDown(middle))).isEqualTo((short) bits);
      assertThat(Half.fromFloat(Math.nextUp(middle))).isEqualTo((short) (bits + 1));
    }
  }

  @Test
  void floatsRoundToTheNearestBfloat16AndTiesToEven() {
    for (int bits = 0; bits < 0x7f7f; bits++) {
      float middle = Float.intBitsToFloat(bits << 16 | 0x8000);
      assertThat(BFloat16.fromFloat(middle)).isEqualTo((short) (bits + (bits & 1)));
      assertThat(BFloat16.fromFloat(Math.nextDown(middle))).isEqualTo((short) bits);
      assertThat(BFloat16.fromFloat(Math.nextUp(middle))).isEqualTo((short) (bits + 1));
    }
  }

  @ParameterizedTest
  @CsvSource({"65519.996, 65504", "65520, Infinity", "1e30, Infinity", "-65520, -Infinity"})
  void halvesOverflowToInfinityHalfWayToTheNextPower(float value, float rounded) {
    assertThat(Half.toFloat(Half.fromFloat(value))).isEqualTo(rounded);
  }

  private static double definition(int bits, int exponentBits, int fractionBits) {
    double sign = bits < 0x8000 ? 1 : -1;
    int exponent = bits >> fractionBits & (1 << exponentBits) - 1;
    double fraction = (bits & (1 << fractionBits) - 1) / Math.pow(2, fractionBits);
    int bias = (1 << exponentBits - 1) - 1;
    if (exponent == (1 << exponentBits) - 1) {
      return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
    }
    return exponent == 0
        ? sign * fraction * Math.pow(2, 1 - bias)
        : sign * (1 + fraction) * Math.pow(2, exponent - bias);
  }
}
