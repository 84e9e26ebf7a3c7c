package org.peft4j.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.tokenizer.Tokenizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a file with one JSON object a line. Of {@code {"text": …}} the model learns every token, of
 * {@code {"prompt": …, "completion": …}} the completion. A number {@code "task_id"} beside them is
 * the line's task, for multitask prompts. Other fields and empty lines are ignored. Each row ends
 * with an end-of-sequence token, and is cut off at the sequence length.
 *
 * <p>Prompt and completion are tokenised together, as one text, if the prompt's own tokens are the
 * first of it. Where a token would span their border, as after a prompt that ends in a space, the
 * completion's tokens follow the prompt's, since those are what the model meets when it generates;
 * a warning names the lines.
 */
public final class JsonLines {
  private static final Logger LOG = LoggerFactory.getLogger(JsonLines.class);
  private static final int MAX_NAMED = 10;

  private final PromptTokens encoder;
  private final int endToken;
  private final int padToken;
  private final int sequenceLength;

  /**
   * A reader with a tokenizer of your own.
   *
   * @param endToken the id of the end-of-sequence token
   * @param padToken the id that fills short rows
   * @param sequenceLength the most tokens of a row, at least 2
   * @throws PeftException if the length is not allowed
   */
  public JsonLines(TextEncoder encoder, int endToken, int padToken, int sequenceLength) {
    if (sequenceLength < 2) {
      throw new PeftException(
          "The sequence length is " + sequenceLength + "; allowed: 2 and above.");
    }
    this.encoder = new PromptTokens(encoder, endToken);
    this.endToken = endToken;
    this.padToken = padToken;
    this.sequenceLength = sequenceLength;
  }

  /**
   * A reader with a checkpoint's tokenizer, its own end-of-text token, and its padding token if it
   * has one.
   *
   * @throws PeftException if the checkpoint names no end-of-text token, or the length is not
   *     allowed
   */
  public static JsonLines of(Tokenizer tokenizer, int sequenceLength) {
    List<Integer> ends = tokenizer.endOfText();
    if (ends.isEmpty()) {
      throw new PeftException(
          "The model names no end-of-text token, which every row must end with. Add eos_token_id"
              + " to its config.json.");
    }
    return new JsonLines(
        text -> tokenizer.encode(text, true),
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
    List<Integer> split = new ArrayList<>();
    table.forEach(
        row -> {
          LabelledTokens tokens = encode(row);
          if (tokens.splitsAToken()) {
            split.add(row.line());
          }
          int length = Math.min(tokens.ids().length, sequenceLength);
          TokenSequence sequence =
              TokenSequence.of(
                  Arrays.copyOf(tokens.ids(), length), Arrays.copyOf(tokens.labels(), length));
          rows.add(row.task().map(sequence::ofTask).orElse(sequence));
        });
    warn(table.file(), split);
    return TrainingData.of(rows, padToken);
  }

  /**
   * The tokens of a row, with the end-of-sequence token, not cut.
   *
   * @throws PeftException if the row lacks the fields, with its place
   */
  public LabelledTokens encode(Row row) {
    return labelled(tokens(row));
  }

  /** The id that fills short rows. */
  public int padToken() {
    return padToken;
  }

  private PromptTokens.Encoded tokens(Row row) {
    boolean asked = row.has("prompt") && row.has("completion");
    if (row.has("text")) {
      if (row.has("prompt") || row.has("completion")) {
        throw row.problem(
            "has \"text\" beside \"prompt\" or \"completion\"; give one or the other.");
      }
      return encoder.encode("", row.text("text"));
    }
    if (asked) {
      return encoder.encode(row.text("prompt"), row.text("completion"));
    }
    throw row.problem(
        "has neither \"text\" nor both of \"prompt\" and \"completion\". Its fields: "
            + row.fieldsForMessages()
            + ".");
  }

  private static void warn(Path file, List<Integer> split) {
    if (!split.isEmpty()) {
      LOG.warn(
          "{}: the border of prompt and completion falls inside a token in {} rows, on lines {}{}."
              + " The completion's tokens follow the prompt's there. Let the completion begin with"
              + " the space, not the prompt end with it.",
          file,
          split.size(),
          split.subList(0, Math.min(MAX_NAMED, split.size())),
          split.size() > MAX_NAMED ? " and more" : "");
    }
  }

  private LabelledTokens labelled(PromptTokens.Encoded encoded) {
    int[] ids = encoded.ids();
    int[] ended = ids;
    if (ids.length == 0 || ids[ids.length - 1] != endToken) {
      ended = Arrays.copyOf(ids, ids.length + 1);
      ended[ids.length] = endToken;
    }
    int[] labels = ended.clone();
    Arrays.fill(labels, 0, Math.min(encoded.learnedFrom(), ended.length), TokenSequence.IGNORED);
    return new LabelledTokens(ended, labels, encoded.splitsAToken());
  }
}
