package org.peft4j.train.preference;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.LabelledTokens;
import org.peft4j.train.data.PromptTokens;
import org.peft4j.train.data.TextEncoder;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.chat.AnswerConversations;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.tokenizer.Tokenizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads rows of answers to prompts. Pairs have the fields {@code prompt}, {@code chosen} and {@code
 * rejected}; without {@code prompt}, what both answers begin with is the prompt, as in hh-rlhf.
 * Rated answers have {@code prompt}, {@code completion} and {@code label}, which is true for good
 * ones. All are texts, or lists of messages, which the chat template writes. A number {@code
 * task_id} beside them is the row's task, for multitask prompts.
 *
 * <p>Prompt and answer are tokenised together, as one text, if the prompt's own tokens are the
 * first of it; otherwise the answer's follow the prompt's. Each answer ends with an end-of-sequence
 * token. What is longer than the sequence length is cut off at its end; rows whose prompt alone is
 * as long are left out, and a warning tells how many.
 */
public final class PreferenceRows {
  private static final Logger LOG = LoggerFactory.getLogger(PreferenceRows.class);

  private final PromptTokens encoder;
  private final Optional<AnswerConversations> conversations;
  private final int endToken;
  private final int padToken;
  private final int sequenceLength;

  /**
   * A reader with a tokenizer of your own.
   *
   * @param endToken the id of the end-of-sequence token
   * @param padToken the id that fills short rows
   * @param sequenceLength the most tokens of a prompt with an answer, at least 2
   * @throws PeftException if the length is not allowed
   */
  public PreferenceRows(TextEncoder encoder, int endToken, int padToken, int sequenceLength) {
    this(encoder, Optional.empty(), endToken, padToken, sequenceLength);
  }

  private PreferenceRows(
      TextEncoder encoder,
      Optional<AnswerConversations> conversations,
      int endToken,
      int padToken,
      int sequenceLength) {
    if (sequenceLength < 2) {
      throw new PeftException(
          "The sequence length is " + sequenceLength + "; allowed: 2 and above.");
    }
    this.encoder = new PromptTokens(encoder, endToken);
    this.conversations = conversations;
    this.endToken = endToken;
    this.padToken = padToken;
    this.sequenceLength = sequenceLength;
  }

  /**
   * A reader of texts with a checkpoint's tokenizer, its own end-of-text token, and its padding
   * token if it has one.
   *
   * @throws PeftException if the checkpoint names no end-of-text token, or the length is not
   *     allowed
   */
  public static PreferenceRows of(Tokenizer tokenizer, int sequenceLength) {
    return of(tokenizer, Optional.empty(), sequenceLength);
  }

  /**
   * The same of texts and of messages, which a chat template writes.
   *
   * @param model the folder of the template
   * @param chatTemplate a file in place of the model's own template
   */
  public static PreferenceRows of(
      Path model, Tokenizer tokenizer, Optional<Path> chatTemplate, int sequenceLength) {
    return of(
        tokenizer,
        Optional.of(new AnswerConversations(model, tokenizer, chatTemplate)),
        sequenceLength);
  }

  private static PreferenceRows of(
      Tokenizer tokenizer, Optional<AnswerConversations> conversations, int sequenceLength) {
    List<Integer> ends = tokenizer.endOfText();
    if (ends.isEmpty()) {
      throw new PeftException(
          "The model names no end-of-text token, which every answer must end with. Add eos_token_id"
              + " to its config.json.");
    }
    return new PreferenceRows(
        text -> tokenizer.encode(text, true),
        conversations,
        ends.get(0),
        tokenizer.padding().orElse(ends.get(0)),
        sequenceLength);
  }

  /**
   * Reads pairs of answers.
   *
   * @throws PeftException if the file cannot be read, or a row is without the fields, with its
   *     place; or if all prompts are too long
   */
  public PreferenceData pairs(Table table) {
    List<PreferencePair> pairs = new ArrayList<>();
    List<Row> dropped = new ArrayList<>();
    table.forEach(row -> pair(row).ifPresentOrElse(pairs::add, () -> dropped.add(row)));
    warn(dropped, pairs.size());
    return PreferenceData.of(pairs, padToken);
  }

  private Optional<PreferencePair> pair(Row row) {
    PreferenceTexts.requireAnswers(row);
    Optional<Completion> chosen;
    Optional<Completion> rejected;
    if (AnswerConversations.has(row, "prompt", "chosen", "rejected")) {
      chosen = conversation(row, "chosen", "rejected");
      rejected = conversation(row, "rejected", "chosen");
    } else {
      PreferenceTexts texts = PreferenceTexts.of(row);
      chosen = completion(row, texts.prompt(), texts.chosen());
      rejected = completion(row, texts.prompt(), texts.rejected());
    }
    return chosen.isPresent() && rejected.isPresent()
        ? Optional.of(new PreferencePair(chosen.get(), rejected.get()))
        : Optional.empty();
  }

  /**
   * Reads rated answers. Pairs are taken apart: all chosen answers are good ones, and all rejected
   * answers, which follow them, bad ones.
   *
   * @throws PeftException as {@link #pairs} does
   */
  public RatedData rated(Table table) {
    return rated(table.rows());
  }

  /** The same of some rows of a file. */
  public RatedData rated(List<Row> rows) {
    List<RatedAnswer> answers = new ArrayList<>();
    List<RatedAnswer> rejected = new ArrayList<>();
    List<Row> dropped = new ArrayList<>();
    rows.forEach(
        row -> {
          if (row.has("chosen") || row.has("rejected")) {
            pair(row)
                .ifPresentOrElse(
                    pair -> {
                      answers.add(new RatedAnswer(pair.chosen(), true));
                      rejected.add(new RatedAnswer(pair.rejected(), false));
                    },
                    () -> dropped.add(row));
          } else {
            rated(row).ifPresentOrElse(answers::add, () -> dropped.add(row));
          }
        });
    answers.addAll(rejected);
    warn(dropped, answers.size());
    return RatedData.of(answers, padToken);
  }

  private Optional<RatedAnswer> rated(Row row) {
    if (!(row.has("completion") && row.has("label"))) {
      throw row.problem(
          "has neither \"completion\" with \"label\" nor \"chosen\" with \"rejected\". Its fields: "
              + row.fieldsForMessages()
              + ".");
    }
    return answer(row).map(completion -> new RatedAnswer(completion, isGood(row)));
  }

  private Optional<Completion> answer(Row row) {
    return AnswerConversations.has(row, "prompt", "completion")
        ? conversation(row, "completion", "completion")
        : completion(row, row.has("prompt") ? row.text("prompt") : "", row.text("completion"));
  }

  private static boolean isGood(Row row) {
    List<String> labels = row.labels("label");
    String label = labels.size() == 1 ? labels.get(0) : labels.toString();
    return switch (label) {
      case "true", "True", "1" -> true;
      case "false", "False", "0" -> false;
      default ->
          throw row.problem(
              "label", "is " + label + "; allowed: true for a good answer, false for a bad one.");
    };
  }

  private Optional<Completion> completion(Row row, String prompt, String answer) {
    PromptTokens.Encoded encoded = encoder.encode(prompt, answer);
    int[] ids = encoded.ids();
    int[] ended = ids;
    if (ids.length == encoded.learnedFrom() || ids[ids.length - 1] != endToken) {
      ended = Arrays.copyOf(ids, ids.length + 1);
      ended[ids.length] = endToken;
    }
    return cut(row, ended, prompt.isEmpty() ? begin(ended) : encoded.learnedFrom());
  }

  /** How many tokens the tokenizer puts before every text: they are no answer's. */
  private int begin(int[] ids) {
    int[] empty = encoder.encode("", "").ids();
    int count = 0;
    while (count < empty.length && empty[count] != endToken && empty[count] == ids[count]) {
      count++;
    }
    return count;
  }

  /** A template writes the end of an answer itself. */
  private Optional<Completion> conversation(Row row, String answer, String other) {
    LabelledTokens tokens =
        conversations
            .orElseThrow(
                () ->
                    row.problem(
                        "has messages as \""
                            + answer
                            + "\", and there is no chat template; give texts."))
            .encode(row, answer, other);
    int from = 0;
    while (from < tokens.labels().length && tokens.labels()[from] == TokenSequence.IGNORED) {
      from++;
    }
    return cut(row, tokens.ids(), from);
  }

  /** Empty if the prompt alone is too long. */
  private Optional<Completion> cut(Row row, int[] ids, int from) {
    int length = Math.min(ids.length, sequenceLength);
    return from >= length
        ? Optional.empty()
        : Optional.of(
            new Completion(
                Arrays.copyOf(ids, from), Arrays.copyOfRange(ids, from, length), row.task()));
  }

  private void warn(List<Row> dropped, int kept) {
    if (dropped.isEmpty()) {
      return;
    }
    String text =
        "%s: the prompts of %d rows, this one the first, fill the sequence length of %d tokens"
            .formatted(dropped.get(0).where(), dropped.size(), sequenceLength);
    if (kept == 0) {
      throw new PeftException(text + ", and no others are there. Raise the sequence length.");
    }
    LOG.warn("{}; they are left out.", text);
  }
}
