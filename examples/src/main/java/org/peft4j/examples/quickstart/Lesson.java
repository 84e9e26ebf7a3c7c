package org.peft4j.examples.quickstart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.transformers.tokenizer.Tokenizer;

/** Turns examples into training data: the model learns the completions, not the prompts. */
public final class Lesson {
  private Lesson() {}

  public static TrainingData of(List<Example> examples, Tokenizer tokenizer) {
    int end = tokenizer.endOfText().get(0);
    List<TokenSequence> sequences = new ArrayList<>();
    for (Example example : examples) {
      int prompt = tokenizer.encode(example.prompt(), true).length;
      int[] text = tokenizer.encode(example.text(), true);
      int[] ids = Arrays.copyOf(text, text.length + 1);
      ids[text.length] = end;
      int[] labels = ids.clone();
      Arrays.fill(labels, 0, prompt, TokenSequence.IGNORED);
      sequences.add(TokenSequence.of(ids, labels));
    }
    return TrainingData.of(sequences, tokenizer.padding().orElse(end));
  }
}
