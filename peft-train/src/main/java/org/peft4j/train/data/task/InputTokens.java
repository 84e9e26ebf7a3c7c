package org.peft4j.train.data.task;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;
import org.peft4j.transformers.tokenizer.Tokenizer;

/** The tokens of texts as a model takes them. */
record InputTokens(Tokenizer tokenizer, ModelArchitecture model, TextLimit limit) {
  /**
   * The tokens of an input: one encoding, or several windows.
   *
   * @throws PeftException if the tokenizer refuses it, with the row
   */
  List<EncodedText> of(Row row, Supplier<TextInput> input) {
    try {
      List<EncodedText> windows = tokenizer.encode(input.get(), limit);
      if (windows.stream().anyMatch(window -> window.length() == 0)) {
        throw new PeftException("it is empty, and the tokenizer puts nothing around it.");
      }
      return windows;
    } catch (PeftException e) {
      throw row.problem("cannot become tokens: " + e.getMessage());
    }
  }

  /** The same sequence with the types of its tokens, where the model reads any. */
  TokenSequence typed(TokenSequence sequence, EncodedText text) {
    boolean reads = model.body().tokenInput().types().isPresent() && tokenizer.givesTypes();
    int[] types = text.types();
    return reads && Arrays.stream(types).anyMatch(type -> type != 0)
        ? sequence.withTypes(types)
        : sequence;
  }

  static int[] ones(int count) {
    int[] ones = new int[count];
    Arrays.fill(ones, 1);
    return ones;
  }
}
