package org.peft4j.examples.embeddings;

import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.objective.InBatchNegatives;
import org.peft4j.train.objective.VectorObjective;
import org.peft4j.transformers.Encoder;
import org.peft4j.transformers.VectorPooling;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.evaluation.TextPair;
import org.peft4j.transformers.prediction.PredictionOptions;

/**
 * An encoder of sentences, such as all-MiniLM-L6-v2, learns to find the sentence that says a given
 * meaning: LoRA on all linear layers, the other sentences of a batch as negatives. Then the adapter
 * is merged into a checkpoint of its own. Arguments: the encoder's folder, trainset.csv and
 * devset.csv of the E2E NLG challenge, a folder for the merged model, and optionally the number of
 * steps (100 by default).
 */
public final class MeaningSearch {
  private static final int LONGEST = 128;
  private static final PredictionOptions OPTIONS =
      PredictionOptions.defaults().withLongestInput(LONGEST);
  private static final LoraConfig LORA =
      LoraConfig.builder().rank(8).alpha(16).targetAllLinear().build();

  private MeaningSearch() {}

  public static void main(String[] arguments) {
    if (arguments.length < 4) {
      System.out.println("Usage: MeaningSearch MODEL_FOLDER TRAIN_CSV HELD_OUT_CSV OUTPUT [STEPS]");
      return;
    }
    Meanings training = Meanings.read(Path.of(arguments[1]));
    Meanings held = Meanings.read(Path.of(arguments[2]));
    Path merged = Path.of(arguments[3]);
    int steps = arguments.length > 4 ? Integer.parseInt(arguments[4]) : 100;
    try (Encoder encoder = Encoder.load(Path.of(arguments[0]))) {
      System.out.printf(
          "%,d meanings to learn from, %,d held out, each with one sentence%n",
          training.pairs().size(), held.pairs().size());
      System.out.println("before: " + scores(encoder, held));
      adapt(encoder, training, steps);
      System.out.println("after:  " + scores(encoder, held));
      CheckpointWriter.of(encoder).merging(encoder.adapters().orElseThrow()).write(merged);
      try (Encoder plain = Encoder.load(merged)) {
        System.out.println("merged: " + scores(plain, held));
        System.out.printf(
            "largest difference of the vectors: %.1e%n", difference(encoder, plain, held));
      }
    }
  }

  private static void adapt(Encoder encoder, Meanings training, int steps) {
    PeftModel<ComputationGraph> model = encoder.wrap(LORA);
    long begin = System.nanoTime();
    double loss =
        FineTuner.builder(
                model, new VectorObjective(new InBatchNegatives(0.05), VectorPooling.MEAN))
            .data(training.tokens(encoder.tokenizer(), LONGEST))
            .settings(
                FineTuningSettings.builder()
                    .steps(steps)
                    .batchSize(32)
                    .learningRate(1e-3)
                    .warmupSteps(steps / 10)
                    .build())
            .build()
            .run()
            .finalLoss();
    System.out.printf(
        "%d steps of 32 pairs, %,d parameters: %.0f s, last loss %.4f%n",
        steps, model.trainableParameters().trainable(), (System.nanoTime() - begin) / 1e9, loss);
  }

  private static String scores(Encoder encoder, Meanings held) {
    return encoder.evaluate(held.pairs(), VectorPooling.MEAN, OPTIONS).toString();
  }

  /** Between the vectors of the first sentences. */
  private static double difference(Encoder one, Encoder other, Meanings held) {
    List<String> texts = held.pairs().stream().limit(50).map(TextPair::second).toList();
    List<float[]> first = one.embed(texts);
    List<float[]> second = other.embed(texts);
    double most = 0;
    for (int i = 0; i < first.size(); i++) {
      for (int j = 0; j < first.get(i).length; j++) {
        most = Math.max(most, Math.abs(first.get(i)[j] - second.get(i)[j]));
      }
    }
    return most;
  }
}
