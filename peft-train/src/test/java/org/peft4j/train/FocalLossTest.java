package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.objective.CrossEntropy;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.loss.TokenLoss;

/** An objective of one's own, of the log-probabilities that the head gives. */
class FocalLossTest {
  private static final TokenBatch BATCH = TinyTraining.data(5).batch(0, 1, 2, 3, 4);

  private static TransformerModel open(double smoothing) {
    return Transformers.open(
        GoldenCase.FOLDER.resolve("bases/llama"),
        TransformerOptions.defaults().withDataType(DataType.DOUBLE).withLabelSmoothing(smoothing));
  }

  private static PeftModel<ComputationGraph> wrap(TransformerModel base) {
    return Peft.wrap(base.graph(), LoraConfig.builder().rank(1).targetModules("q_proj").build(), 4);
  }

  @Test
  void withoutFocusItIsTheCrossEntropy() {
    try (TransformerModel base = open(0);
        PeftModel<ComputationGraph> model = wrap(base)) {
      double plain = new CrossEntropy().gradients(model, BATCH).value();
      INDArray gradient = model.network().gradient().gradient().dup();

      double focal = new FocalLoss(0).gradients(model, BATCH).value();

      assertThat(focal).isCloseTo(plain, within(1e-12));
      assertThat(model.network().gradient().gradient().sub(gradient).amaxNumber().doubleValue())
          .isLessThan(1e-12);
    }
  }

  @Test
  void theGradientIsThatOfTheLoss() {
    FocalLoss loss = new FocalLoss(2);
    try (TransformerModel base = open(0);
        PeftModel<ComputationGraph> model = wrap(base)) {
      INDArray parameters = model.network().params();
      double value = loss.gradients(model, BATCH).value();
      INDArray gradient = model.network().gradient().gradient().dup();

      assertThat(value).isCloseTo(loss.loss(model, BATCH).value(), within(1e-12));
      for (int i = 0; i < parameters.length(); i++) {
        double now = parameters.getDouble(i);
        parameters.putScalar(i, now + 1e-5);
        double above = loss.loss(model, BATCH).value();
        parameters.putScalar(i, now - 1e-5);
        double below = loss.loss(model, BATCH).value();
        parameters.putScalar(i, now);
        assertThat(gradient.getDouble(i)).isCloseTo((above - below) / 2e-5, within(1e-6));
      }
    }
  }

  @Test
  void itTrains() {
    try (TinyTraining tiny = new TinyTraining()) {
      TrainingData data = TinyTraining.data(6);
      double before = Evaluator.evaluate(tiny.model, new FocalLoss(2), data, 6).loss();

      FineTuningResult result =
          FineTuner.builder(tiny.model, new FocalLoss(2))
              .data(data)
              .evaluation(data)
              .settings(TinyTraining.settings().steps(20).build())
              .build()
              .run();

      assertThat(result.evaluations().get(0).evaluation().loss()).isLessThan(0.8 * before);
    }
  }

  @Test
  void oneLossIsInUseAtATimeAndOfPlainLabels() {
    try (TokenLoss.Scope scope = TokenLoss.scope((logs, counts) -> new TokenLoss.Result(0, logs))) {
      assertThatThrownBy(() -> TokenLoss.scope((logs, counts) -> new TokenLoss.Result(0, logs)))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("close its scope first");
    }
    try (TransformerModel base = open(0.1);
        PeftModel<ComputationGraph> model = wrap(base)) {
      assertThatThrownBy(() -> new FocalLoss(2).gradients(model, BATCH))
          .hasMessageContaining("The model smooths its labels by 0.1");
    }
    assertThat(TokenLoss.current()).isEmpty();
  }
}
