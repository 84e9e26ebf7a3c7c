package org.peft4j.examples.classification;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.quantization.Quantization;
import org.peft4j.train.Evaluator;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.metrics.MetricsFile;
import org.peft4j.transformers.SequenceClassifier;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;

/**
 * A pretrained encoder, such as all-MiniLM-L6-v2, learns whether a review likes a film: LoRA on
 * query and value, and the head, in one pass. Arguments: the folder of a BERT encoder, a folder
 * with rt-polarity.neg and rt-polarity.pos, a folder for the adapter and the loss of each step, and
 * optionally an adapter to begin with instead of a new one. With {@code --nf4} before them, the
 * encoder's linear weights are held in 4 bits.
 *
 * <p>Sentences come in a fixed order and the model runs without dropout, so that another program
 * that begins with the same adapter can be compared: {@code reference/sentiment.py} does the same
 * with Hugging Face PEFT.
 */
public final class EncoderSentiment {
  private static final int LONGEST = 64;
  private static final int AT_ONCE = 64;
  private static final LoraConfig LORA =
      LoraConfig.builder().rank(8).alpha(16).targetModules("query", "value").build();
  private static final FineTuningSettings SETTINGS =
      FineTuningSettings.builder().batchSize(32).learningRate(2e-3).shuffle(false).build();

  private EncoderSentiment() {}

  public static void main(String[] arguments) throws IOException {
    List<String> paths = new ArrayList<>(List.of(arguments));
    TransformerOptions options =
        paths.remove("--nf4")
            ? TransformerOptions.defaults().withQuantization(Quantization.nf4())
            : TransformerOptions.defaults();
    if (paths.size() < 3) {
      System.out.println(
          "Usage: EncoderSentiment [--nf4] MODEL_FOLDER REVIEWS_FOLDER OUTPUT [START]");
      return;
    }
    Path output = Files.createDirectories(Path.of(paths.get(2)));
    try (SequenceClassifier model =
        Transformers.loadClassifier(Path.of(paths.get(0)), Reviews.LABELS, options)) {
      Reviews reviews = Reviews.read(Path.of(paths.get(1)), model.tokenizer(), LONGEST);
      PeftModel<ComputationGraph> adapted =
          paths.size() > 3 ? model.adapt(Path.of(paths.get(3))) : model.wrap(LORA);
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
          "accuracy after %.2f %%, held-out loss %.4f; %.0f s%n",
          accuracy(model, reviews),
          new Evaluator(adapted, AT_ONCE).evaluate(reviews.held()).loss(),
          (System.nanoTime() - begin) / 1e9);
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
