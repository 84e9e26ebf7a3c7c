package org.peft4j.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.internal.batch.ShiftedLabels;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Reads a file with one JSON object a line for an encoder-decoder: of {@code {"source": …,
 * "target": …}} the encoder reads the source, and the decoder learns the target. A number {@code
 * "task_id"} beside them is the line's task, for multitask prompts. Other fields and empty lines
 * are ignored.
 *
 * <p>Each target ends with an end-of-sequence token. Longer texts than the sequence length are cut
 * off, and keep that token.
 */
public final class PairLines {
  private final TextEncoder encoder;
  private final SpecialTokens tokens;
  private final int endToken;
  private final int padToken;
  private final int sequenceLength;

  /**
   * A reader with a tokenizer of your own.
   *
   * @param tokens the model's, for the decoder's input
   * @param endToken the id of the end-of-sequence token
   * @param padToken the id that fills short rows
   * @param sequenceLength the most tokens of a source and of a target, at least 2
   * @throws PeftException if the length is not allowed, or the decoder begins with the last of the
   *     labels, as in mBART: the language of the target, which rows of text do not name
   */
  public PairLines(
      TextEncoder encoder, SpecialTokens tokens, int endToken, int padToken, int sequenceLength) {
    if (sequenceLength < 2) {
      throw new PeftException(
          "The sequence length is " + sequenceLength + "; allowed: 2 and above.");
    }
    if (tokens.lastFirst()) {
      throw new PeftException(
          "Targets of this model end with their language, as in mBART, and rows of text do not name"
              + " it. Tokenise them into safetensors, with input_ids and labels.");
    }
    this.encoder = encoder;
    this.tokens = tokens;
    this.endToken = endToken;
    this.padToken = padToken;
    this.sequenceLength = sequenceLength;
  }

  /**
   * A reader with a checkpoint's tokenizer, its own end-of-text token, and its padding token if it
   * has one.
   *
   * @throws PeftException if the checkpoint names no end-of-text token, or as the constructor does
   */
  public static PairLines of(Tokenizer tokenizer, SpecialTokens tokens, int sequenceLength) {
    List<Integer> ends = tokenizer.endOfText();
    if (ends.isEmpty()) {
      throw new PeftException(
          "The model names no end-of-text token, which every target must end with. Add eos_token_id"
              + " to its config.json.");
    }
    return new PairLines(
        text -> tokenizer.encode(text, true),
        tokens,
        ends.get(0),
        tokenizer.padding().orElse(ends.get(0)),
        sequenceLength);
  }

  /**
   * Reads a file.
   *
   * @throws PeftException if the file cannot be read, or a line is longer than 16 MB, not a JSON
   *     object, or without the fields: with the number of the line
   */
  public TrainingData read(Path file) {
    return read(Table.of(file));
  }

  /** The same of a file of any kind. */
  public TrainingData read(Table table) {
    List<TokenSequence> rows = new ArrayList<>();
    table.forEach(row -> rows.add(sequence(row)));
    return TrainingData.of(rows, padToken);
  }

  private TokenSequence sequence(Row row) {
    if (!(row.has("source") && row.has("target"))) {
      throw row.problem(
          "has not both of \"source\" and \"target\", which an encoder-decoder learns from. Its"
              + " fields: "
              + row.fieldsForMessages()
              + ".");
    }
    int[] source = cut(encoder.encode(row.text("source")));
    int[] target = cut(ended(encoder.encode(row.text("target"))));
    int[] decoder = ShiftedLabels.of(target, target.length, tokens);
    TokenSequence sequence =
        TokenSequence.decoded(
            source,
            TokenSequence.ones(source.length),
            decoder,
            TokenSequence.ones(target.length),
            target);
    return row.task().map(sequence::ofTask).orElse(sequence);
  }

  private int[] ended(int[] ids) {
    if (ids.length > 0 && ids[ids.length - 1] == endToken) {
      return ids;
    }
    int[] ended = Arrays.copyOf(ids, ids.length + 1);
    ended[ids.length] = endToken;
    return ended;
  }

  private int[] cut(int[] ids) {
    if (ids.length <= sequenceLength) {
      return ids;
    }
    int[] cut = Arrays.copyOf(ids, sequenceLength);
    if (ids[ids.length - 1] == endToken) {
      cut[sequenceLength - 1] = endToken;
    }
    return cut;
  }
}
