package org.peft4j.examples.styles;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.peft4j.train.data.TextTokens;
import org.peft4j.train.data.TrainingData;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * A text whose style is learned, in blocks of tokens; its last tenth is held out.
 *
 * @param name of the adapter
 */
record Book(String name, TrainingData training, TrainingData held) {
  static Book read(String name, Path file, Tokenizer tokenizer, int length) {
    TextTokens text = TextTokens.read(file, tokenizer);
    return new Book(name, text.first(0.9).blocks(length), text.after(0.9).blocks(length));
  }

  /** The first tokens of blocks, from the first on. */
  static List<int[]> beginnings(TrainingData blocks, int count, int tokens) {
    List<int[]> beginnings = new ArrayList<>();
    for (int row = 0; row < Math.min(count, blocks.size()); row++) {
      beginnings.add(Arrays.copyOf(blocks.batch(row).inputIds()[0], tokens));
    }
    return beginnings;
  }
}
