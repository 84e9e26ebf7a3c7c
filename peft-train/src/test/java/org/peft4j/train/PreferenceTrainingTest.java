package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.preference.PreferenceBatch;
import org.peft4j.train.preference.PreferenceData;
import org.peft4j.train.preference.PreferenceObjective;
import org.peft4j.train.preference.PreferencePair;
import org.peft4j.train.preference.RatedAnswer;
import org.peft4j.train.preference.RatedData;
import org.peft4j.train.preference.RatedObjective;
import org.peft4j.train.preference.Reference;
import org.peft4j.train.preference.loss.KtoLoss;
import org.peft4j.train.preference.loss.OrpoLoss;
import org.peft4j.train.preference.loss.PairLoss;
import org.peft4j.train.preference.loss.SigmoidLoss;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;

/** Training on pairs of answers: gradients, references, checkpoints. */
class PreferenceTrainingTest {
  private static final PreferenceObjective DPO = new PreferenceObjective(new SigmoidLoss(0.3));

  private final Path folder;

  PreferenceTrainingTest(@TempDir Path folder) {
    this.folder = folder;
  }

  static PreferenceData pairs(int count) {
    Random random = new Random(8);
    List<PreferencePair> pairs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      pairs.add(
          PreferencePair.of(
              random.ints(1 + i % 3, 3, 56).toArray(),
              random.ints(1 + i % 4, 3, 56).toArray(),
              random.ints(2 + i % 3, 3, 56).toArray()));
    }
    return PreferenceData.of(pairs, 0);
  }

  private static RatedData rated(int count) {
    Random random = new Random(9);
    List<RatedAnswer> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      answers.add(
          RatedAnswer.of(
              random.ints(1 + i % 3, 3, 56).toArray(),
              random.ints(1 + i % 4, 3, 56).toArray(),
              i % 3 != 1));
    }
    return RatedData.of(answers, 0);
  }

  /** Counts how often it is asked, and for how many answers. */
  private static final class Counting implements Reference {
    private final Reference other;
    private int answers;

    Counting(Reference other) {
      this.other = other;
    }

    @Override
    public double[] logProbabilities(PeftModel<ComputationGraph> model, TokenBatch batch) {
      answers += batch.rows();
      return other.logProbabilities(model, batch);
    }
  }

  @Test
  void aFreshAdapterPrefersNothing() {
    try (TinyTraining tiny = new TinyTraining()) {
      PreferenceData data = pairs(6).comparedWith(Reference.base());

      Evaluation evaluation = Evaluator.evaluate(tiny.model, DPO, data, 4);

      assertThat(evaluation.loss()).isCloseTo(Math.log(2), within(1e-12));
      assertThat(evaluation.predictions()).isEqualTo(6);
      assertThat(evaluation.values())
          .containsEntry("rewards/margins", 0.0)
          .containsEntry("rewards/accuracies", 0.0);
    }
  }

  static Stream<PeftConfig> configs() {
    return Stream.of(
        LoraConfig.builder().rank(2).targetModules("q_proj", "lm_head").build(),
        PromptTuningConfig.builder().virtualTokens(2).build());
  }

  /** The head's own adapter sums over tokens; a virtual token predicts a prompt's first one. */
  @ParameterizedTest
  @MethodSource("configs")
  void theGradientIsThatOfTheLoss(PeftConfig config) {
    for (PairLoss loss : List.of(new SigmoidLoss(0.3), new OrpoLoss(0.4))) {
      try (TransformerModel base = inDouble();
          PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config, 3)) {
        disturb(model);
        PreferenceObjective objective = new PreferenceObjective(loss);
        PreferenceBatch batch = pairs(3).comparedWith(Reference.base()).batch(0, 1, 2);

        double value = objective.gradients(model, batch).value();
        INDArray gradient = model.network().gradient().gradient().dup();

        assertThat(value).isCloseTo(objective.loss(model, batch).value(), within(1e-10));
        INDArray parameters = model.network().params();
        int from = (int) Math.max(0, parameters.length() - 40);
        for (int i = from; i < parameters.length(); i++) {
          double now = parameters.getDouble(i);
          parameters.putScalar(i, now + 1e-5);
          double above = objective.loss(model, batch).value();
          parameters.putScalar(i, now - 1e-5);
          double below = objective.loss(model, batch).value();
          parameters.putScalar(i, now);
          double slope = (above - below) / 2e-5;
          assertThat(gradient.getDouble(i))
              .isCloseTo(slope, within(1e-6 * Math.max(1, Math.abs(slope))));
        }
      }
    }
  }

  private static TransformerModel inDouble() {
    return Transformers.open(
        GoldenCase.FOLDER.resolve("bases/llama"),
        TransformerOptions.defaults().withDataType(DataType.DOUBLE));
  }

  private static void disturb(PeftModel<ComputationGraph> model) {
    INDArray parameters = model.network().params();
    Random random = new Random(7);
    for (int i = 0; i < parameters.length(); i++) {
      parameters.putScalar(i, parameters.getDouble(i) + 0.1 * random.nextGaussian());
    }
  }

  @Test
  void aReferenceIsAskedOnceForEachPair() {
    Counting reference = new Counting(Reference.base());
    try (TinyTraining tiny = new TinyTraining()) {
      PreferenceData data = pairs(7).comparedWith(reference);
      FineTuner.builder(tiny.model, DPO)
          .data(data)
          .settings(settings(0).epochs(4).batchSize(7).gradientAccumulation(1).build())
          .build()
          .run();

      assertThat(reference.answers).isEqualTo(14);
    }
  }

  /** As a training with a copy of the adapter beside the one that trains. */
  @Test
  void theStartStaysWhereItWasWhileTheAdapterTrains() {
    try (TinyTraining tiny = new TinyTraining()) {
      disturb(tiny.model);
      Reference start = Reference.start(tiny.model);
      TokenBatch probe = TinyTraining.data(4).batch(0, 1, 2, 3);
      double[] before = start.logProbabilities(tiny.model, probe);
      float[] parameters = tiny.parameters();
      PreferenceData data = pairs(7);
      double[] own = Reference.of(tiny.model).logProbabilities(tiny.model, probe);

      FineTuner.builder(tiny.model, DPO)
          .data(data.comparedWith(start))
          .settings(settings(6).build())
          .build()
          .run();

      assertThat(own).isEqualTo(before);
      assertThat(tiny.parameters()).isNotEqualTo(parameters);
      float[] trained = tiny.parameters();
      assertThat(start.logProbabilities(tiny.model, probe)).isEqualTo(before);
      assertThat(tiny.parameters()).isEqualTo(trained);
      assertThat(Reference.of(tiny.model).logProbabilities(tiny.model, probe)).isNotEqualTo(before);
    }
  }

  private static FineTuningSettingsBuilder settings(int steps) {
    return TinyTraining.settings().steps(steps).batchSize(2).gradientAccumulation(2).warmupSteps(1);
  }

  /** With dropout, shuffling and accumulation, from where the reference is known of some pairs. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void aResumedTrainingEqualsOneThatWasNeverStopped(int cut) {
    List<StepMetrics> whole;
    float[] parameters;
    try (TinyTraining tiny = new TinyTraining()) {
      disturb(tiny.model);
      Steps steps = new Steps();
      FineTuner.builder(tiny.model, DPO)
          .data(pairs(11).comparedWith(Reference.start(tiny.model)))
          .settings(settings(7).build())
          .checkpoints(folder, cut)
          .listener(Steps.after(cut, () -> Thread.currentThread().interrupt()))
          .build()
          .run();
      FineTuner.builder(tiny.model, DPO)
          .data(pairs(11).comparedWith(Reference.start(tiny.model)))
          .settings(settings(7).build())
          .resumeFrom(folder.resolve("checkpoint-" + cut))
          .listener(steps)
          .build()
          .run();
      whole = steps.all();
      parameters = tiny.parameters();
    }
    try (TinyTraining tiny = new TinyTraining()) {
      disturb(tiny.model);
      Steps steps = new Steps();
      FineTuner.builder(tiny.model, DPO)
          .data(pairs(11).comparedWith(Reference.start(tiny.model)))
          .settings(settings(7).build())
          .listener(steps)
          .build()
          .run();

      assertThat(tiny.parameters()).isEqualTo(parameters);
      List<StepMetrics> rest = steps.all().subList(cut, 7);
      assertThat(whole.stream().map(StepMetrics::values))
          .isEqualTo(rest.stream().map(StepMetrics::values).toList());
      assertThat(whole.stream().map(StepMetrics::loss))
          .isEqualTo(rest.stream().map(StepMetrics::loss).toList());
    }
  }

  /** The training itself is compared with the base, or with nothing. */
  @Test
  void theStartThatEvaluationsAreComparedWithComesBackAfterAStop() {
    List<StepEvaluation> whole;
    try (TinyTraining tiny = new TinyTraining()) {
      disturb(tiny.model);
      whole = evaluated(tiny.model, pairs(3)).checkpoints(folder, 3).build().run().evaluations();
    }
    assertThat(whole).hasSize(2);
    try (TinyTraining tiny = new TinyTraining()) {
      // Not where the training began: its start is in the checkpoint only.
      FineTuningResult result =
          evaluated(tiny.model, pairs(3)).resumeFrom(folder.resolve("checkpoint-3")).build().run();
      assertThat(result.evaluations()).isEqualTo(whole);
    }
    try (TinyTraining tiny = new TinyTraining()) {
      // Other evaluations have nothing there, and are compared with what is the start now.
      FineTuningResult result =
          evaluated(tiny.model, pairs(5)).resumeFrom(folder.resolve("checkpoint-3")).build().run();
      assertThat(result.evaluations().get(1)).isNotEqualTo(whole.get(1));
    }
  }

  private static FineTunerBuilder<PreferenceBatch> evaluated(
      PeftModel<ComputationGraph> model, PreferenceData held) {
    return FineTuner.builder(model, DPO)
        .data(pairs(7).comparedWith(Reference.base()))
        .evaluation(held.comparedWith(Reference.start(model)))
        .settings(settings(6).evalEvery(3).build());
  }

  @Test
  void aStepDoesNotDependOnHowItIsSplit() {
    assertThat(trained(2, 2)).containsExactly(trained(4, 1), within(1e-5f));
  }

  private static float[] trained(int batchSize, int batches) {
    try (TinyTraining tiny = new TinyTraining();
        var plain = tiny.model.training().withoutDropout()) {
      disturb(tiny.model);
      FineTuner.builder(tiny.model, DPO)
          .data(pairs(8).comparedWith(Reference.base()))
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

  @Test
  void trainingComesToPreferTheChosen() {
    try (TinyTraining tiny = new TinyTraining()) {
      PreferenceData data = pairs(6).comparedWith(Reference.base());
      FineTuningResult result =
          FineTuner.builder(tiny.model, DPO)
              .data(data)
              .evaluation(data)
              .settings(settings(25).batchSize(3).build())
              .build()
              .run();

      Evaluation evaluation = result.evaluations().get(0).evaluation();
      assertThat(evaluation.loss()).isLessThan(Math.log(2) / 2);
      assertThat(evaluation.values().get("rewards/accuracies")).isEqualTo(1.0);
    }
  }

  @Test
  void ratedAnswersTrainTooAndResume() {
    RatedObjective kto = new RatedObjective(new KtoLoss(0.5));
    float[] whole;
    try (TinyTraining tiny = new TinyTraining()) {
      RatedData data = rated(9).comparedWith(Reference.base());
      FineTuningResult result =
          FineTuner.builder(tiny.model, kto)
              .data(data)
              .evaluation(data)
              .settings(settings(20).batchSize(3).build())
              .checkpoints(folder, 18)
              .build()
              .run();
      whole = tiny.parameters();
      assertThat(result.evaluations().get(0).evaluation().values().get("rewards/margins"))
          .isGreaterThan(0.5);
    }
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner.builder(tiny.model, kto)
          .data(rated(9).comparedWith(Reference.base()))
          .settings(settings(20).batchSize(3).build())
          .resumeFrom(folder.resolve("checkpoint-18"))
          .build()
          .run();

      assertThat(tiny.parameters()).isEqualTo(whole);
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    try (TinyTraining tiny = new TinyTraining()) {
      PreferenceBatch batch = pairs(2).batch(0, 1);
      assertThatThrownBy(() -> DPO.loss(tiny.model, batch))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("compares the model with a reference, and the data has none");
      Reference start = Reference.start(tiny.model);
      tiny.model.setActive();
      assertThatThrownBy(() -> start.logProbabilities(tiny.model, TinyTraining.data(2).batch(0)))
          .hasMessageContaining("The reference is the start of [default]");
      assertThatThrownBy(() -> Reference.start(tiny.model))
          .hasMessageContaining("take Reference.base()");
    }
    assertThatThrownBy(() -> PreferencePair.of(new int[] {4}, new int[0], new int[] {5}))
        .hasMessageContaining("An answer has 0 tokens after a prompt of 1");
    assertThatThrownBy(() -> PreferenceData.of(List.of(), 0)).hasMessageContaining("no pair");
    try (TransformerModel base =
            Transformers.open(
                GoldenCase.FOLDER.resolve("bases/bert_sequence"), TransformerOptions.defaults());
        PeftModel<ComputationGraph> model =
            Peft.wrap(base.graph(), LoraConfig.builder().targetModules("query").build(), 1)) {
      PreferenceBatch batch = pairs(2).comparedWith(Reference.base()).batch(0);
      assertThatThrownBy(() -> DPO.loss(model, batch))
          .hasMessageContaining("Preferences train a language model, and this is");
    }
  }
}
