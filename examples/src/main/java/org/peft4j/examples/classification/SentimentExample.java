package org.peft4j.examples.classification;

import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.transformers.SequenceClassifier;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * A small language model learns whether a review likes a film: with a new head alone, with P-tuning
 * v2 and the head, and with LoRA and the head. Arguments: the folder of a small Llama, a folder
 * with rt-polarity.neg and rt-polarity.pos, and optionally the number of steps (600 by default).
 */
public final class SentimentExample {
  private static final int BATCH = 16;
  private static final int MOST_TOKENS = 96;

  private final SequenceClassifier base;
  private final Reviews reviews;
  private final int steps;

  private SentimentExample(SequenceClassifier base, Reviews reviews, int steps) {
    this.base = base;
    this.reviews = reviews;
    this.steps = steps;
  }

  public static void main(String[] arguments) {
    if (arguments.length < 2) {
      System.out.println("Usage: SentimentExample MODEL_FOLDER REVIEWS_FOLDER [STEPS]");
      return;
    }
    Path folder = Path.of(arguments[0]);
    int steps = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 600;
    try (Tokenizer tokenizer = Tokenizer.load(folder);
        SequenceClassifier base = Transformers.loadClassifier(folder, Reviews.LABELS)) {
      Reviews reviews = Reviews.read(Path.of(arguments[1]), tokenizer, MOST_TOKENS);
      new SentimentExample(base, reviews, steps).run();
    }
  }

  private void run() {
    System.out.printf(
        "Base: %,d parameters, accuracy %.1f %% with its new head as it is drawn%n",
        base.parameterCount(), accuracy(base.graph()));
    System.out.printf(
        "%,d sentences to learn from, %,d held out; %d steps of %d%n%n",
        reviews.training().size(), reviews.held().size(), steps, BATCH);
    System.out.println("| what trains | parameters | accuracy | seconds |");
    System.out.println("|---|---|---|---|");
    // The head has two rows, so rank 2 can express any change of it.
    train("the head", LoraConfig.builder().rank(2).alpha(2).targetModules("score").build(), 1e-2);
    train(
        "P-tuning v2, 4 tokens, and the head",
        PrefixTuningConfig.builder().virtualTokens(4).zeros(true).taskType("SEQ_CLS").build(),
        1e-2);
    train(
        "LoRA, r 4, and the head",
        LoraConfig.builder()
            .rank(4)
            .alpha(8)
            .targetModules("q_proj", "v_proj")
            .taskType("SEQ_CLS")
            .build(),
        5e-3);
  }

  private void train(String name, PeftConfig config, double rate) {
    try (PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config, 1)) {
      long begin = System.nanoTime();
      FineTuner.builder(model, reviews.byLabel())
          .settings(
              FineTuningSettings.builder()
                  .steps(steps)
                  .batchSize(BATCH)
                  .learningRate(rate)
                  .schedule(StandardSchedule.COSINE)
                  .warmupSteps(steps / 10)
                  .build())
          .build()
          .run();
      double seconds = (System.nanoTime() - begin) / 1e9;
      System.out.printf(
          "| %s | %,d | %.1f %% | %.0f |%n",
          name, model.trainableParameters().trainable(), accuracy(model.network()), seconds);
    }
  }

  private double accuracy(ComputationGraph graph) {
    return 100 * graph.evaluate(reviews.evaluation()).accuracy();
  }
}
