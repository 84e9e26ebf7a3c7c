package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.RelatedTexts;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;
import org.peft4j.train.objective.CrossEntropy;
import org.peft4j.train.objective.InBatchNegatives;
import org.peft4j.train.objective.Objective;
import org.peft4j.train.objective.VectorObjective;
import org.peft4j.train.optimizer.StandardOptimizer;
import org.peft4j.train.preference.PreferenceData;
import org.peft4j.train.preference.PreferenceObjective;
import org.peft4j.train.preference.PreferencePair;
import org.peft4j.train.preference.RatedAnswer;
import org.peft4j.train.preference.RatedData;
import org.peft4j.train.preference.RatedObjective;
import org.peft4j.train.preference.Reference;
import org.peft4j.train.preference.RewardObjective;
import org.peft4j.train.preference.loss.KtoLoss;
import org.peft4j.train.preference.loss.OrpoLoss;
import org.peft4j.train.preference.loss.SigmoidLoss;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.VectorPooling;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.TaskHead;

/**
 * Trainings that go on from a checkpoint at random steps, 144 in all, with dropout, shuffled data
 * and several batches a step: adapter, losses and evaluations are to the bit those of a training
 * that was never stopped, for every objective and every optimizer.
 */
class RandomCutsTest {
  private static final int STEPS = 9;
  private static final int CUTS = 3;

  private record Data<B extends Batch>(Examples<B> train, Examples<B> held) {}

  /** What is trained, on what; evaluations are of the first examples. */
  private record Kind<B extends Batch>(
      String base,
      Optional<TaskHead> head,
      PeftConfig adapter,
      Objective<B> objective,
      Function<PeftModel<ComputationGraph>, Data<B>> data) {
    /** For what the base is. */
    private Kind(
        String base,
        PeftConfig adapter,
        Objective<B> objective,
        Function<PeftModel<ComputationGraph>, Data<B>> data) {
      this(base, Optional.empty(), adapter, objective, data);
    }

    @Override
    public String toString() {
      String loss =
          objective instanceof PreferenceObjective preference
              ? preference.loss().getClass().getSimpleName()
              : objective.getClass().getSimpleName();
      return loss + " " + adapter.peftType() + " " + base;
    }

    private <R> R with(Function<PeftModel<ComputationGraph>, R> use) {
      Path folder = GoldenCase.FOLDER.resolve("bases").resolve(base);
      TransformerOptions options = TransformerOptions.defaults();
      try (TransformerModel model =
              head.map(given -> Transformers.open(folder, given, options))
                  .orElseGet(() -> Transformers.open(folder, options));
          PeftModel<ComputationGraph> wrapped = Peft.wrap(model.graph(), adapter, 42)) {
        return use.apply(wrapped);
      }
    }

    private FineTunerBuilder<B> tuner(
        PeftModel<ComputationGraph> model, StandardOptimizer optimizer, Steps steps) {
      Data<B> examples = data.apply(model);
      return FineTuner.builder(model, objective)
          .data(examples.train())
          .evaluation(examples.held())
          .settings(
              FineTuningSettings.builder()
                  .steps(STEPS)
                  .batchSize(2)
                  .gradientAccumulation(2)
                  .learningRate(3e-3)
                  .weightDecay(0.1)
                  .warmupSteps(3)
                  .schedule(StandardSchedule.COSINE)
                  .maxGradNorm(0.7)
                  .seed(9)
                  .evalEvery(3)
                  .build())
          .optimizer(optimizer)
          .listener(steps);
    }
  }

  private static List<Kind<?>> kinds() {
    // A tensor of 4,096 elements: smaller ones are not kept in 8 bits.
    PeftConfig large =
        LoraConfig.builder().rank(128).dropout(0.2).targetModules("q_proj", "down_proj").build();
    PeftConfig small =
        LoraConfig.builder().rank(2).dropout(0.3).targetModules("q_proj", "o_proj").build();
    PeftConfig ranks =
        AdaLoraConfig.builder()
            .initR(6)
            .targetR(2)
            .tinit(2)
            .tfinal(3)
            .deltaT(2)
            .totalStep(STEPS)
            .dropout(0.1)
            .targetModules("q_proj", "v_proj")
            .build();
    PeftConfig writer =
        LoraConfig.builder().rank(2).dropout(0.3).targetModules("q", "v", "wo").build();
    PeftConfig rewarded =
        LoraConfig.builder()
            .rank(2)
            .dropout(0.3)
            .targetModules("q_proj")
            .taskType("SEQ_CLS")
            .build();
    PeftConfig encoder = LoraConfig.builder().rank(3).dropout(0.2).targetModules("query").build();
    return List.of(
        new Kind<>(
            "llama",
            large,
            new CrossEntropy(),
            model -> new Data<>(TinyTraining.data(11), TinyTraining.data(3, 8))),
        new Kind<>(
            "llama",
            ranks,
            new CrossEntropy(),
            model -> new Data<>(TinyTraining.data(11), TinyTraining.data(3, 8))),
        new Kind<>(
            "llama",
            small,
            new PreferenceObjective(new SigmoidLoss(0.4)),
            model -> {
              Reference start = Reference.start(model);
              return new Data<>(
                  preferences(7, 1).comparedWith(start), preferences(2, 2).comparedWith(start));
            }),
        new Kind<>(
            "llama",
            small,
            new PreferenceObjective(new OrpoLoss(0.3)),
            model -> new Data<>(preferences(7, 5), preferences(2, 6))),
        new Kind<>(
            "llama",
            Optional.of(TaskHead.sequences(Labels.count(1), ProblemType.REGRESSION)),
            rewarded,
            new RewardObjective(0.05),
            model -> new Data<>(preferences(7, 7), preferences(2, 8))),
        new Kind<>(
            "t5", writer, new CrossEntropy(), model -> new Data<>(written(9, 9), written(3, 10))),
        new Kind<>(
            "llama",
            small,
            new RatedObjective(new KtoLoss(0.4)),
            model ->
                new Data<>(
                    rated(7, 3).comparedWith(Reference.base()),
                    rated(2, 4).comparedWith(Reference.base()))),
        new Kind<>(
            "bert_features",
            encoder,
            new VectorObjective(new InBatchNegatives(0.05), VectorPooling.MEAN),
            model -> new Data<>(pairs(9, 3), pairs(4, 4))));
  }

  private static PreferenceData preferences(int rows, long seed) {
    Random random = new Random(seed);
    List<PreferencePair> all = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      all.add(
          PreferencePair.of(
              random.ints(2 + i % 3, 5, 50).toArray(),
              random.ints(3, 5, 50).toArray(),
              random.ints(1 + i % 4, 5, 50).toArray()));
    }
    return PreferenceData.of(all, 0);
  }

  private static TrainingData written(int rows, long seed) {
    Random random = new Random(seed);
    List<TokenSequence> all = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      int[] ids = random.ints(3 + i % 4, 5, 50).toArray();
      int[] labels = random.ints(2 + i % 3, 5, 50).toArray();
      int[] before = new int[labels.length];
      System.arraycopy(labels, 0, before, 1, labels.length - 1);
      all.add(TokenSequence.decoded(ids, ones(ids), before, ones(labels), labels));
    }
    return TrainingData.of(all, 0);
  }

  private static int[] ones(int[] like) {
    return IntStream.generate(() -> 1).limit(like.length).toArray();
  }

  private static RatedData rated(int rows, long seed) {
    Random random = new Random(seed);
    List<RatedAnswer> all = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      all.add(
          RatedAnswer.of(
              random.ints(2 + i % 3, 5, 50).toArray(),
              random.ints(1 + i % 4, 5, 50).toArray(),
              i % 2 == 0));
    }
    return RatedData.of(all, 0);
  }

  private static VectorData pairs(int rows, long seed) {
    Random random = new Random(seed);
    List<RelatedTexts> all = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      List<TokenSequence> texts = new ArrayList<>();
      for (int text = 0; text < 2; text++) {
        texts.add(TokenSequence.text(random.ints(4 + i % 4, 5, 50).toArray()));
      }
      all.add(new RelatedTexts(texts, OptionalDouble.empty()));
    }
    return VectorData.of(all, 0);
  }

  static Stream<Arguments> everyKindAndOptimizer() {
    return kinds().stream()
        .flatMap(
            kind ->
                Stream.of(StandardOptimizer.values())
                    .map(optimizer -> Arguments.of(kind, optimizer)));
  }

  @ParameterizedTest
  @MethodSource("everyKindAndOptimizer")
  void aTrainingGoesOnFromAnyStepAsIfItHadNeverStopped(
      Kind<?> kind, StandardOptimizer optimizer, @TempDir Path folder) {
    Steps whole = new Steps();
    Random random = new Random(kind.toString().hashCode() + 31L * optimizer.ordinal());
    Ended expected =
        kind.with(
            model -> {
              FineTuningResult result =
                  kind.tuner(model, optimizer, whole).checkpoints(folder, 1, STEPS).build().run();
              return Ended.of(model, result);
            });
    assertThat(expected.evaluations()).extracting("step").containsExactly(3L, 6L, 9L);
    kind.with(
        model -> {
          for (int cut = 0; cut < CUTS; cut++) {
            int step = 1 + random.nextInt(STEPS - 1);
            Steps rest = new Steps();
            FineTuningResult result =
                kind.tuner(model, optimizer, rest)
                    .resumeFrom(folder.resolve("checkpoint-" + step))
                    .build()
                    .run();

            assertThat(Ended.of(model, result)).as("from step %d", step).isEqualTo(expected);
            assertThat(rest.losses())
                .as("losses from step %d", step)
                .isEqualTo(whole.losses().subList(step, STEPS));
          }
          return model;
        });
  }

  /** What a training leaves. */
  private record Ended(List<Float> parameters, List<StepEvaluation> evaluations) {
    static Ended of(PeftModel<ComputationGraph> model, FineTuningResult result) {
      List<Float> values = new ArrayList<>();
      for (float value : model.network().params().toFloatVector()) {
        values.add(value);
      }
      return new Ended(values, result.evaluations());
    }
  }
}
