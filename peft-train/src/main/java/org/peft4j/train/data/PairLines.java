package org.peft4j.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.table.LanguagePair;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.RowLanguages;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.config.TextLanguages;
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
 *
 * <p>Where the tokenizer has languages, as mBART's, each text says its own with a token: that of
 * the fields {@code "source_lang"} and {@code "target_lang"} ({@link RowLanguages}).
 */
public final class PairLines {
  private static final String SOURCE = "source";
  private static final String TARGET = "target";

  private final Texts source;
  private final Texts target;
  private final SpecialTokens tokens;
  private final int padToken;

  /** The tokens of a text of a row. */
  private interface Texts {
    int[] encode(Row row);
  }

  private PairLines(Texts source, Texts target, SpecialTokens tokens, int padToken) {
    this.source = source;
    this.target = target;
    this.tokens = tokens;
    this.padToken = padToken;
  }

  /**
   * A reader with a tokenizer of your own.
   *
   * @param tokens the model's, for the decoder's input
   * @param endToken the id of the end-of-sequence token
   * @param padToken the id that fills short rows
   * @param sequenceLength the most tokens of a source and of a target, at least 2
   * @throws PeftException if the length is not allowed, or the decoder begins with the last of the
   *     labels, as in mBART: the language of the target, which only a tokenizer with languages puts
   *     there
   */
  public PairLines(
      TextEncoder encoder, SpecialTokens tokens, int endToken, int padToken, int sequenceLength) {
    this(
        row -> cut(encoder.encode(row.text(SOURCE)), endToken, sequenceLength),
        row -> cut(ended(encoder.encode(row.text(TARGET)), endToken), endToken, sequenceLength),
        tokens,
        padToken);
    require(sequenceLength);
    if (tokens.lastFirst()) {
      throw new PeftException(
          "Targets of this model end with their language, as in mBART, and the tokenizer has no"
              + " languages. Give tokenizer_config.json the class MBartTokenizer or"
              + " MBart50Tokenizer, or tokenise the rows into safetensors, with input_ids and"
              + " labels.");
    }
  }

  private static void require(int sequenceLength) {
    if (sequenceLength < 2) {
      throw new PeftException(
          "The sequence length is " + sequenceLength + "; allowed: 2 and above.");
    }
  }

  /**
   * A reader with a checkpoint's tokenizer, its own end-of-text token, and its padding token if it
   * has one.
   *
   * @throws PeftException if the checkpoint names no end-of-text token, or as the constructor does
   */
  public static PairLines of(Tokenizer tokenizer, SpecialTokens tokens, int sequenceLength) {
    return of(tokenizer, tokens, sequenceLength, LanguagePair.NONE);
  }

  /**
   * The same with the languages of rows that say none.
   *
   * @throws PeftException as above, or if some are given and the tokenizer has no languages
   */
  public static PairLines of(
      Tokenizer tokenizer, SpecialTokens tokens, int sequenceLength, LanguagePair all) {
    Optional<TextLanguages> languages = tokenizer.languages();
    if (languages.isPresent()) {
      require(sequenceLength);
      return ofLanguages(tokenizer, new RowLanguages(languages.get(), all), tokens, sequenceLength);
    }
    if (!all.isNone()) {
      throw new PeftException(
          "A source or target language is given, and the tokenizer has no languages, as those of"
              + " mBART have; leave it out.");
    }
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

  private static PairLines ofLanguages(
      Tokenizer tokenizer, RowLanguages rows, SpecialTokens tokens, int most) {
    TextLanguages languages = rows.languages();
    return new PairLines(
        row ->
            languages.around(
                tokenizer.encode(row.text(SOURCE), false),
                rows.of(row).source().orElseThrow(),
                most),
        row ->
            languages.around(
                tokenizer.encode(row.text(TARGET), false),
                rows.of(row).target().orElseThrow(),
                most),
        tokens,
        tokenizer.padding().orElse(languages.endToken()));
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
    if (!(row.has(SOURCE) && row.has(TARGET))) {
      throw row.problem(
          "has not both of \"source\" and \"target\", which an encoder-decoder learns from. Its"
              + " fields: "
              + row.fieldsForMessages()
              + ".");
    }
    int[] ids = source.encode(row);
    int[] labels = target.encode(row);
    int[] decoder = ShiftedLabels.of(labels, labels.length, tokens);
    TokenSequence sequence =
        TokenSequence.decoded(
            ids,
            TokenSequence.ones(ids.length),
            decoder,
            TokenSequence.ones(labels.length),
            labels);
    return row.task().map(sequence::ofTask).orElse(sequence);
  }

  private static int[] ended(int[] ids, int endToken) {
    if (ids.length > 0 && ids[ids.length - 1] == endToken) {
      return ids;
    }
    int[] ended = Arrays.copyOf(ids, ids.length + 1);
    ended[ids.length] = endToken;
    return ended;
  }

  private static int[] cut(int[] ids, int endToken, int sequenceLength) {
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
