package org.peft4j.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CurveTest {
  @Test
  void manyPointsBecomeTheMeansOfNeighbours() {
    List<Double> steps = IntStream.rangeClosed(1, 1001).mapToObj(i -> (double) i).toList();
    List<Double> values = steps.stream().map(step -> step * step).toList();

    Curve thinned = new Curve(steps, values).thinned();

    // Five each, and one that remains.
    assertThat(thinned.steps()).hasSize(201).startsWith(3.0, 8.0).endsWith(1001.0);
    assertThat(thinned.values().get(0)).isCloseTo((1 + 4 + 9 + 16 + 25) / 5.0, within(1e-12));
  }

  @Test
  void fewPointsStay() {
    Curve curve = new Curve(List.of(1.0, 2.0), List.of(0.5, 0.25));

    assertThat(curve.thinned()).isSameAs(curve);
  }
}
