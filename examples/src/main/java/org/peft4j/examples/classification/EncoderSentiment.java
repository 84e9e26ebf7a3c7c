package org.peft4j.examples.classification;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.metrics.MetricsFile;
import org.peft4j.transformers.SequenceClassifier;

/**
 * A pretrained encoder, such as all-MiniLM-L6-v2, learns whether a review likes a film: LoRA on
 * query and value, and the head, in one pass. Arguments: the folder of a BERT encoder, a folder
 * with rt-polarity.neg and rt-polarity.pos, a folder for the adapter and the loss of each step, and
 * optionally an adapter to begin with instead of a new one.
 *
 * <p>Sentences come in a fixed order and the model runs without dropout, so that another program
 * that begins with the same adapter can be compared: {@code reference/sentiment.py} does the same
 * with Hugging Face PEFT.
 */
public final class EncoderSentiment {
  private static final int LONGEST = 64;
  private static final LoraConfig LORA =
      LoraConfig.builder().rank(8).alpha(16).targetModules("query", "value").build();
  private static final FineTuningSettings SETTINGS =
      FineTuningSettings.builder().batchSize(32).learningRate(2e-3).shuffle(false).build();

  private EncoderSentiment() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length < 3) {
      System.out.println("Usage: EncoderSentiment MODEL_FOLDER REVIEWS_FOLDER OUTPUT [START]");
      return;
    }
    Path output = Files.createDirectories(Path.of(arguments[2]));
    try (SequenceClassifier model =
        SequenceClassifier.load(Path.of(arguments[0]), Reviews.LABELS)) {
      Reviews reviews = Reviews.read(Path.of(arguments[1]), model.tokenizer(), LONGEST);
      PeftModel<ComputationGraph> adapted =
          arguments.length > 3 ? model.adapt(Path.of(arguments[3])) : model.wrap(LORA);
      System.out.printf(
          "%,d sentences to learn from, %,d held out; %,d parameters train%n",
          reviews.training().size(),
          reviews.held().size(),
          adapted.trainableParameters().trainable());
      System.out.printf("accuracy before %.2f %%%n", accuracy(model, reviews));
      long begin = System.nanoTime();
      FineTuner.builder(adapted, reviews.alternating())
          .settings(SETTINGS)
          .listener(new MeanLosses(50))
          .listener(new MetricsFile(output.resolve("metrics.jsonl")))
          .build()
          .run();
      model.save(output);
      System.out.printf(
          "accuracy after %.2f %%; %.0f s%n",
          accuracy(model, reviews), (System.nanoTime() - begin) / 1e9);
      for (String text :
          new String[] {"A film to remember.", "Two hours that nobody gives back."}) {
        System.out.println(text + " " + model.predict(text).label());
      }
    }
  }

  private static double accuracy(SequenceClassifier model, Reviews reviews) {
    return 100 * model.network().evaluate(reviews.evaluation()).accuracy();
  }
}
