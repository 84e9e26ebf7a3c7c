package org.peft4j.examples.classification;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.CommonBuilder;
import org.peft4j.config.PeftConfig;
import org.peft4j.ia3.Ia3Config;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.transformers.SequenceClassifier;
import org.peft4j.transformers.evaluation.LabelledText;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.prediction.PredictionOptions;

/**
 * Four methods learn from 25 labelled tweets which ones are complaints, with several seeds: each
 * draws other tweets, first values and orders. Arguments: the folder of a BERT encoder, train.csv
 * of RAFT's twitter_complaints, and optionally the number of seeds (10 by default).
 */
public final class FewTweets {
  private static final int LONGEST = 64;
  private static final int EPOCHS = 20;
  private static final PredictionOptions OPTIONS =
      PredictionOptions.defaults().withLongestInput(LONGEST);

  /** A config and its learning rate. */
  private record Way(PeftConfig config, double rate) {
    static Way of(CommonBuilder<?> config, double rate) {
      return new Way(config.taskType("SEQ_CLS").build(), rate);
    }
  }

  private FewTweets() {}

  private static Map<String, Way> ways() {
    Map<String, Way> ways = new LinkedHashMap<>();
    ways.put(
        "LoRA, r 8",
        Way.of(LoraConfig.builder().rank(8).alpha(16).targetModules("query", "value"), 2e-3));
    ways.put("(IA)3", Way.of(Ia3Config.builder(), 1e-2));
    ways.put("prompt, 10 tokens", Way.of(PromptTuningConfig.builder().virtualTokens(10), 1e-2));
    ways.put("bottleneck (Pfeiffer)", Way.of(BottleneckConfig.pfeiffer(), 2e-3));
    return ways;
  }

  public static void main(String[] arguments) {
    if (arguments.length < 2) {
      System.out.println("Usage: FewTweets MODEL_FOLDER TRAIN_CSV [SEEDS]");
      return;
    }
    List<LabelledText> tweets = Tweets.read(Path.of(arguments[1]));
    int seeds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 10;
    try (SequenceClassifier model = SequenceClassifier.load(Path.of(arguments[0]), Tweets.LABELS)) {
      System.out.printf("%d tweets, %d epochs, %d seeds%n%n", tweets.size(), EPOCHS, seeds);
      System.out.println("| method | trained | accuracy | macro F1 |");
      System.out.println("|---|---|---|---|");
      ways().forEach((name, way) -> print(name, way, model, tweets, seeds));
    }
  }

  private static void print(
      String name, Way way, SequenceClassifier model, List<LabelledText> tweets, int seeds) {
    List<Result> results =
        LongStream.range(0, seeds)
            .mapToObj(seed -> result(way, model, Tweets.halves(tweets, seed), seed))
            .toList();
    System.out.printf(
        "| %s | %,d | %s | %s |%n",
        name, results.get(0).trained(), spread(results, "accuracy"), spread(results, "macro_f1"));
  }

  /** What a seed gave. */
  private record Result(long trained, Scores scores) {}

  private static Result result(Way way, SequenceClassifier model, Tweets tweets, long seed) {
    try (PeftModel<ComputationGraph> adapted = Peft.wrap(model.graph(), way.config(), seed)) {
      FineTuner.builder(adapted, tweets.tokens(model.tokenizer(), LONGEST))
          .settings(
              FineTuningSettings.builder()
                  .epochs(EPOCHS)
                  .batchSize(8)
                  .learningRate(way.rate())
                  .seed(seed)
                  .build())
          .build()
          .run();
      model.use(adapted);
      return new Result(
          adapted.trainableParameters().trainable(), model.evaluate(tweets.held(), OPTIONS));
    }
  }

  /** The mean and the deviation of single runs, in percent. */
  private static String spread(List<Result> results, String metric) {
    double[] values = results.stream().mapToDouble(r -> 100 * r.scores().get(metric)).toArray();
    double mean = Arrays.stream(values).average().orElse(0);
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    double deviation = values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1));
    return "%.1f ± %.1f".formatted(mean, deviation);
  }
}
