package org.peft4j.train.data.task;

import java.util.List;
import java.util.OptionalInt;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * The texts of pictures as tokens.
 *
 * @param captions whether each is predicted, token for token
 * @param tokens the model's, of captions
 * @param most the most tokens of a text
 */
record PictureTexts(Tokenizer tokenizer, boolean captions, SpecialTokens tokens, int most) {
  static PictureTexts of(ModelArchitecture model, Tokenizer tokenizer, OptionalInt sequenceLength) {
    Task task = model.task();
    if (task != Task.IMAGE_TO_TEXT && task != Task.IMAGE_TEXT) {
      throw new PeftException(
          "A model of the task " + task + " takes no pictures with texts; BLIP and CLIP do.");
    }
    int longest = model.maxPositions();
    int most = sequenceLength.orElse(longest);
    if (most < 2 || most > longest) {
      throw new PeftException(
          "The sequence length is %d; allowed: 2 to %d, which the model reads."
              .formatted(most, longest));
    }
    boolean captions = task == Task.IMAGE_TO_TEXT;
    SpecialTokens tokens = model.tokens();
    if (captions && (tokens.beginOfText().isEmpty() || tokens.endOfText().isEmpty())) {
      throw new PeftException(
          "The config names no bos_token_id and sep_token_id, which captions begin and end with;"
              + " add them to text_config.");
    }
    return new PictureTexts(tokenizer, captions, tokens, most);
  }

  TokenSequence of(String text) {
    if (!captions) {
      return TokenSequence.text(
          tokenizer.encode(TextInput.of(text), TextLimit.of(most)).get(0).ids());
    }
    int[] own = tokenizer.encode(text, false);
    int kept = Math.min(own.length, most - 2);
    int[] ids = new int[kept + 2];
    ids[0] = tokens.beginOfText().orElseThrow();
    System.arraycopy(own, 0, ids, 1, kept);
    ids[kept + 1] = tokens.endOfText().get(0);
    return TokenSequence.of(ids);
  }

  /** The id that fills short texts. */
  int padding() {
    List<Integer> ends = tokenizer.endOfText();
    return tokens.padding().orElse(tokenizer.padding().orElse(ends.isEmpty() ? 0 : ends.get(0)));
  }
}
