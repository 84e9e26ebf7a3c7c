package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.Random;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.AdapterScope;
import org.peft4j.PeftModel;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.schedule.StandardSchedule;

/** An objective that runs the model with adapters and without, in batches of its own. */
class PreferenceLossTest {
  private static final Preferences PAIRS =
      new Preferences(TinyTraining.data(6), TinyTraining.data(6, 1));
  private static final PreferenceLoss LOSS = new PreferenceLoss(0.3);

  @Test
  void aFreshAdapterPrefersNothing() {
    try (TinyTraining tiny = new TinyTraining()) {
      Evaluation evaluation = Evaluator.evaluate(tiny.model, LOSS, PAIRS, 4);

      assertThat(evaluation.loss()).isCloseTo(Math.log(2), within(1e-12));
      assertThat(evaluation.predictions()).isEqualTo(6);
    }
  }

  @Test
  void theGradientIsThatOfTheLoss() {
    try (TinyTraining tiny = new TinyTraining();
        AdapterScope plain = tiny.model.training().withoutDropout()) {
      INDArray parameters = tiny.model.network().params();
      Random random = new Random(7);
      for (int i = 0; i < parameters.length(); i++) {
        parameters.putScalar(i, parameters.getDouble(i) + 0.1 * random.nextGaussian());
      }
      Preference batch = PAIRS.batch(0, 1, 2);

      double loss = LOSS.gradients(tiny.model, batch).value();
      double[] gradient = tiny.model.network().gradient().gradient().toDoubleVector();

      assertThat(loss).isCloseTo(LOSS.loss(tiny.model, batch).value(), within(1e-6));
      int[] largest =
          IntStream.range(0, gradient.length)
              .boxed()
              .sorted((i, j) -> Double.compare(Math.abs(gradient[j]), Math.abs(gradient[i])))
              .limit(12)
              .mapToInt(Integer::intValue)
              .toArray();
      for (int i : largest) {
        assertThat(difference(tiny.model, batch, i))
            .as("parameter " + i)
            .isCloseTo(gradient[i], withPercentage(1));
      }
    }
  }

  private static double difference(
      PeftModel<ComputationGraph> model, Preference batch, int parameter) {
    INDArray parameters = model.network().params();
    float value = parameters.getFloat(parameter);
    float up = value + 5e-3f;
    float down = value - 5e-3f;
    parameters.putScalar(parameter, up);
    double above = LOSS.loss(model, batch).value();
    parameters.putScalar(parameter, down);
    double below = LOSS.loss(model, batch).value();
    parameters.putScalar(parameter, value);
    return (above - below) / (up - down);
  }

  @Test
  void trainingComesToPreferTheChosen() {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuningResult result =
          FineTuner.builder(tiny.model, LOSS)
              .data(PAIRS)
              .evaluation(PAIRS)
              .settings(
                  FineTuningSettings.builder()
                      .steps(20)
                      .batchSize(3)
                      .learningRate(1e-2)
                      .schedule(StandardSchedule.CONSTANT)
                      .build())
              .build()
              .run();

      assertThat(result.evaluations().get(0).evaluation().loss()).isLessThan(Math.log(2) / 2);
    }
  }

  @Test
  void aStepDoesNotDependOnHowItIsSplit() {
    assertThat(trained(2, 2)).containsExactly(trained(4, 1), within(1e-5f));
  }

  private static float[] trained(int batchSize, int batches) {
    try (TinyTraining tiny = new TinyTraining();
        AdapterScope plain = tiny.model.training().withoutDropout()) {
      FineTuner.builder(tiny.model, LOSS)
          .data(PAIRS)
          .settings(
              FineTuningSettings.builder()
                  .steps(2)
                  .batchSize(batchSize)
                  .gradientAccumulation(batches)
                  .learningRate(1e-2)
                  .shuffle(false)
                  .build())
          .build()
          .run();
      return tiny.parameters();
    }
  }
}
