package org.peft4j.cli.options;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TextTokens;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.task.DataFiles;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * A file in two parts: splits a text by tokens, then cuts both into blocks; splits other files by
 * sequences.
 *
 * @param training the first part
 * @param evaluation the rest
 */
public record DataSplit(TrainingData training, TrainingData evaluation) {
  /** The options about data, as messages of what reads and evaluates it call them. */
  public static final OptionNames OPTIONS =
      new OptionNames(
          Map.of(
              "The sequence length", "--sequence-length",
              "the sequence length", "--sequence-length",
              "batchSize", "--batch-size"));

  /** The whole file. */
  public static TrainingData all(DataOptions options, Path model) {
    return OPTIONS.in(() -> files(options, model).read(options.data));
  }

  private static DataFiles files(DataOptions options, Path model) {
    return DataFiles.of(model).withSequenceLength(options.sequenceLength);
  }

  /**
   * Splits a file.
   *
   * @param share the evaluation's share, between 0 and 1
   */
  public static DataSplit of(DataOptions options, Path model, double share) {
    if (!(share > 0 && share < 1)) {
      throw new PeftException(
          "The share of the data for evaluation is " + share + "; allowed: above 0, below 1.");
    }
    if (!options.data.toString().toLowerCase(Locale.ROOT).endsWith(".txt")) {
      TrainingData data = all(options, model);
      return new DataSplit(data.first(1 - share), data.after(1 - share));
    }
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      TextTokens text = TextTokens.read(options.data, tokenizer);
      return OPTIONS.in(
          () ->
              new DataSplit(
                  text.first(1 - share).blocks(options.sequenceLength),
                  text.after(1 - share).blocks(options.sequenceLength)));
    }
  }
}
