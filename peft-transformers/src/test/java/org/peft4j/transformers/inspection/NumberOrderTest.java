package org.peft4j.transformers.inspection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The order in which tensors are listed. */
class NumberOrderTest {
  /** An empty part is a word, and words come after numbers. */
  private static final List<String> SORTED =
      List.of(
          "1.a",
          "9.a",
          "10.a",
          "",
          "1a.a",
          "h",
          "h.02.a",
          "h.2.a",
          "h.2.b",
          "h.10",
          "h.10.a",
          "h.99999999999999999999.a",
          "h..x",
          "h.a.1",
          "h.a.1.1",
          "ha");

  @Test
  void layersAreInTheOrderOfTheirNumbers() {
    List<String> names = new ArrayList<>(SORTED);
    Collections.shuffle(names, new Random(3));

    names.sort(NumberOrder.INSTANCE);

    assertThat(names).isEqualTo(SORTED);
  }

  /** Sorting fails, or depends on where it begins, if this does not hold. */
  @Test
  void theOrderIsTotal() {
    for (String a : SORTED) {
      for (String b : SORTED) {
        int order = NumberOrder.INSTANCE.compare(a, b);
        assertThat(Integer.signum(order)).isEqualTo(-Integer.signum(reverse(a, b)));
        assertThat(order == 0).as("%s and %s", a, b).isEqualTo(a.equals(b));
        for (String c : SORTED) {
          if (order < 0 && NumberOrder.INSTANCE.compare(b, c) < 0) {
            assertThat(NumberOrder.INSTANCE.compare(a, c)).as("%s %s %s", a, b, c).isNegative();
          }
        }
      }
    }
  }

  private static int reverse(String a, String b) {
    return NumberOrder.INSTANCE.compare(b, a);
  }
}
