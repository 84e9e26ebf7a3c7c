package org.peft4j.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;

/** A tiny Llama with a fresh LoRA adapter with dropout, and random data of various lengths. */
final class TinyTraining implements AutoCloseable {
  private static final int VOCABULARY = 56;

  private final TransformerModel base;
  final PeftModel<ComputationGraph> model;

  TinyTraining() {
    this(options -> options);
  }

  /** The same with a base that is loaded in another way. */
  TinyTraining(UnaryOperator<TransformerOptions> change) {
    base = GoldenCase.named("llama_qv").base(change);
    model =
        Peft.wrap(
            base.graph(),
            LoraConfig.builder().rank(2).dropout(0.2).targetModules("q_proj", "down_proj").build(),
            42);
  }

  static TrainingData data(int rows) {
    return data(rows, rows);
  }

  static TrainingData data(int rows, long seed) {
    return TrainingData.of(sequences(rows, seed), 0);
  }

  static List<TokenSequence> sequences(int rows, long seed) {
    Random random = new Random(seed);
    List<TokenSequence> sequences = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      int[] ids = random.ints(4 + i % 5, 3, VOCABULARY).toArray();
      int[] labels = ids.clone();
      Arrays.fill(labels, 0, i % 3, TokenSequence.IGNORED);
      sequences.add(TokenSequence.of(ids, labels));
    }
    return sequences;
  }

  /** Ten steps of two times three rows, a step every one of which differs from the others. */
  static FineTuningSettingsBuilder settings() {
    return FineTuningSettings.builder()
        .steps(10)
        .batchSize(3)
        .gradientAccumulation(2)
        .learningRate(1e-2)
        .weightDecay(0.1)
        .warmupSteps(2)
        .schedule(StandardSchedule.COSINE)
        .maxGradNorm(0.5)
        .seed(3);
  }

  float[] parameters() {
    return model.network().params().toFloatVector();
  }

  @Override
  public void close() {
    model.close();
    base.close();
  }
}
