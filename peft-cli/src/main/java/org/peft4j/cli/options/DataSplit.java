package org.peft4j.cli.options;

import java.nio.file.Path;
import java.util.Locale;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.DataFiles;
import org.peft4j.train.data.TextTokens;
import org.peft4j.train.data.TrainingData;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * A file in two parts: a text is parted by tokens and then cut into blocks, others by sequences.
 *
 * @param training the first part
 * @param evaluation the rest
 */
public record DataSplit(TrainingData training, TrainingData evaluation) {

  /** All of a file. */
  public static TrainingData all(DataOptions options, Path model) {
    return DataFiles.read(options.data, model, options.sequenceLength);
  }

  /**
   * Parts a file.
   *
   * @param share the evaluation's part of it, between 0 and 1
   */
  public static DataSplit of(DataOptions options, Path model, double share) {
    if (!(share > 0 && share < 1)) {
      throw new PeftException(
          "The share of the data to evaluate on is " + share + "; allowed: above 0, below 1.");
    }
    if (!options.data.toString().toLowerCase(Locale.ROOT).endsWith(".txt")) {
      TrainingData data = all(options, model);
      return new DataSplit(data.first(1 - share), data.after(1 - share));
    }
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      TextTokens text = TextTokens.read(options.data, tokenizer);
      return new DataSplit(
          text.first(1 - share).blocks(options.sequenceLength),
          text.after(1 - share).blocks(options.sequenceLength));
    }
  }
}
