package org.peft4j.lora.internal.adalora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Equations 8 to 11 of the paper, with β₁ = 0.75 and β₂ = 0.5. */
class ImportanceTest {
  private static Map<String, INDArray> tensors(double... values) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put("a", Nd4j.createFromArray(values[0], values[1]).reshape('c', 1, 2));
    tensors.put("e", Nd4j.createFromArray(values[2]).reshape('c', 1, 1));
    return tensors;
  }

  private static double[] scores(Importance importance, String key) {
    return Objects.requireNonNull(importance.scores().get(key)).ravel().toDoubleVector();
  }

  @Test
  void theScoreIsTheMeanTimesItsUncertainty() {
    Map<String, INDArray> parameters = tensors(2, -1, 3);
    try (Importance importance = new Importance(parameters, 0.75, 0.5)) {
      importance.update(parameters, tensors(4, 4, 0));

      // I = (8, 4; 0), Ī = I/4, |I − Ī| = 3·I/4, U half of that.
      assertThat(importance.mean().toDoubleVector()).containsExactly(2, 1, 0);
      assertThat(importance.uncertainty().toDoubleVector()).containsExactly(3, 1.5, 0);
      assertThat(scores(importance, "a")).containsExactly(6, 1.5);
      assertThat(scores(importance, "e")).containsExactly(0);

      importance.update(parameters, tensors(-1, 0, 2));

      // I = (2, 0; 6), Ī = (2, 0.75; 1.5), |I − Ī| = (0, 0.75; 4.5).
      assertThat(importance.mean().toDoubleVector()).containsExactly(2, 0.75, 1.5);
      assertThat(importance.uncertainty().toDoubleVector())
          .containsExactly(new double[] {1.5, 1.125, 2.25}, within(1e-12));
      assertThat(scores(importance, "e")).containsExactly(1.5 * 2.25);
    }
  }

  @Test
  void scoresHaveTheShapesOfTheParameters() {
    try (Importance importance = new Importance(tensors(1, 1, 1), 0.5, 0.5)) {
      assertThat(importance.scores()).containsOnlyKeys("a", "e");
      assertThat(importance.scores().get("a"))
          .satisfies(a -> assertThat(a.shape()).containsExactly(1, 2));
    }
  }

  @Test
  void aParameterThatIsGoneIsNamed() {
    try (Importance importance = new Importance(tensors(1, 1, 1), 0.5, 0.5)) {
      assertThatThrownBy(() -> importance.update(tensors(1, 1, 1), Map.of()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("No parameter or gradient a any more.");
    }
  }
}
