package org.peft4j.train.preference;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TextEncoder;
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

  private final CompletionTokens answers;
  private final int padToken;

  /**
   * A reader with a tokenizer of your own.
   *
   * @param endToken the id of the end-of-sequence token
   * @param padToken the id that fills short rows
   * @param sequenceLength the most tokens of a prompt with an answer, at least 2
   * @throws PeftException if the length is not allowed
   */
  public PreferenceRows(TextEncoder encoder, int endToken, int padToken, int sequenceLength) {
    this(
        new CompletionTokens(encoder, Optional.empty(), endToken, sequenceLength, false), padToken);
  }

  private PreferenceRows(CompletionTokens answers, int padToken) {
    this.answers = answers;
    this.padToken = padToken;
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
    int end = CompletionTokens.end(tokenizer);
    return new PreferenceRows(
        new CompletionTokens(
            text -> tokenizer.encode(text, true), conversations, end, sequenceLength, false),
        tokenizer.padding().orElse(end));
  }

  /**
   * The same for reward models, which read the last token: each prompt with its answer is tokenised
   * as one text, and rows of which one is longer than the sequence length are left out, as TRL's
   * {@code RewardTrainer} does. A row's {@code margin} is refused.
   */
  public PreferenceRows forRewards() {
    return new PreferenceRows(answers.whole(), padToken);
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
      chosen = answers.conversation(row, "chosen", "rejected");
      rejected = answers.conversation(row, "rejected", "chosen");
    } else {
      PreferenceTexts texts = PreferenceTexts.of(row);
      chosen = answers.text(row, texts.prompt(), texts.chosen());
      rejected = answers.text(row, texts.prompt(), texts.rejected());
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
    List<RatedAnswer> rated = new ArrayList<>();
    List<RatedAnswer> rejected = new ArrayList<>();
    List<Row> dropped = new ArrayList<>();
    rows.forEach(
        row -> {
          if (row.has("chosen") || row.has("rejected")) {
            pair(row)
                .ifPresentOrElse(
                    pair -> {
                      rated.add(new RatedAnswer(pair.chosen(), true));
                      rejected.add(new RatedAnswer(pair.rejected(), false));
                    },
                    () -> dropped.add(row));
          } else {
            rated(row).ifPresentOrElse(rated::add, () -> dropped.add(row));
          }
        });
    rated.addAll(rejected);
    warn(dropped, rated.size());
    return RatedData.of(rated, padToken);
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
        ? answers.conversation(row, "completion", "completion")
        : answers.text(row, row.has("prompt") ? row.text("prompt") : "", row.text("completion"));
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

  private void warn(List<Row> dropped, int kept) {
    if (dropped.isEmpty()) {
      return;
    }
    String text =
        "%s: %s %d rows, this one the first, %s the sequence length of %d tokens"
            .formatted(
                dropped.get(0).where(),
                answers.isWhole() ? "answers of" : "the prompts of",
                dropped.size(),
                answers.isWhole() ? "are longer than" : "fill",
                answers.sequenceLength());
    if (kept == 0) {
      throw new PeftException(text + ", and no others are there. Raise the sequence length.");
    }
    LOG.warn("{}; they are left out.", text);
  }
}
