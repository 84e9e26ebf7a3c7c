package org.peft4j.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;

class VectorLossesTest {
  private static final double STEP = 1e-6;

  private static double[][] vectors(long seed) {
    Random random = new Random(seed);
    return Stream.generate(() -> random.doubles(5, -1, 1).toArray())
        .limit(3)
        .toArray(double[][]::new);
  }

  static Stream<Arguments> losses() {
    return Stream.of(
        Arguments.of(new InBatchNegatives(0.2), 2, List.of()),
        Arguments.of(new InBatchNegatives(0.7), 3, List.of()),
        Arguments.of(new TripletLoss(4, TripletLoss.Distance.EUCLIDEAN), 3, List.of()),
        Arguments.of(new TripletLoss(2.5, TripletLoss.Distance.COSINE), 3, List.of()),
        Arguments.of(new CosineSimilarityLoss(), 2, List.of(0.9, -0.4, 0.2)));
  }

  @ParameterizedTest
  @MethodSource("losses")
  void gradientsAreCentralDifferences(VectorLoss loss, int count, List<Double> scores) {
    List<double[][]> texts = Stream.of(11, 12, 13).limit(count).map(s -> vectors(s)).toList();
    VectorLoss.Result result = loss.of(texts, scores);
    for (int text = 0; text < count; text++) {
      for (int row = 0; row < 3; row++) {
        for (int i = 0; i < 5; i++) {
          double[] vector = texts.get(text)[row];
          double value = vector[i];
          vector[i] = value + STEP;
          double above = loss.of(texts, scores).value();
          vector[i] = value - STEP;
          double below = loss.of(texts, scores).value();
          vector[i] = value;
          assertThat(result.gradients().get(text)[row][i])
              .as("text %d, row %d, element %d", text, row, i)
              .isCloseTo((above - below) / (2 * STEP), within(1e-8));
        }
      }
    }
  }

  @Test
  void aPairWithoutOthersHasNoNegatives() {
    double[][] one = {{0.3, -2}};

    VectorLoss.Result result = new InBatchNegatives().of(List.of(one, one), List.of());

    assertThat(result.value()).isEqualTo(0);
    assertThat(result.gradients().get(0)[0]).containsExactly(0, 0);
  }

  @Test
  void aTripletThatIsFarApartEnoughAddsNothing() {
    double[][] anchor = {{0.3, -2}};
    double[][] far = {{9, 7.5}};

    VectorLoss.Result result =
        new TripletLoss(1, TripletLoss.Distance.EUCLIDEAN)
            .of(List.of(anchor, anchor, far), List.of());

    assertThat(result.value()).isEqualTo(0);
    assertThat(result.gradients().get(2)[0]).containsExactly(0, 0);
  }

  @Test
  void whatALossNeedsIsSaid() {
    List<double[][]> two = List.of(vectors(1), vectors(2));
    List<double[][]> three = List.of(vectors(1), vectors(2), vectors(3));

    assertThatThrownBy(() -> new TripletLoss().of(two, List.of()))
        .isInstanceOf(PeftException.class)
        .hasMessage("The examples have 2 texts each; the triplet loss is of 3.");
    assertThatThrownBy(() -> new CosineSimilarityLoss().of(three, List.of(1.0, 2.0, 3.0)))
        .hasMessageContaining("the loss of cosines is of 2.");
    assertThatThrownBy(() -> new CosineSimilarityLoss().of(two, List.of()))
        .hasMessageContaining("needs a score of each pair");
    assertThatThrownBy(() -> new InBatchNegatives(0))
        .hasMessage("The temperature is 0.0; allowed: above 0, finite.");
    assertThatThrownBy(() -> new TripletLoss(-1, TripletLoss.Distance.COSINE))
        .hasMessage("The margin is -1.0; allowed: 0 and above, finite.");
  }
}
