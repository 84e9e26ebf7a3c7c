package org.peft4j.train.data.chat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.peft4j.chat.ChatTemplate;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.JsonLines;
import org.peft4j.train.data.LabelledTokens;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.tokenizer.Tokenizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads rows for supervised fine-tuning of a causal language model, as TRL's {@code SFTTrainer}
 * does:
 *
 * <table>
 *   <caption>Rows</caption>
 *   <tr><td>{@code messages}</td><td>a conversation, which the chat template writes; all of it is
 *     learned, or the assistant's turns</td></tr>
 *   <tr><td>{@code prompt}, {@code completion}</td><td>lists of messages, or texts; the completion
 *     is learned</td></tr>
 *   <tr><td>{@code text}</td><td>all of it is learned</td></tr>
 * </table>
 *
 * <p>Beside messages, {@code tools} is the list of tools, and {@code chat_template_kwargs} more
 * values for the template. A template writes its special tokens itself; a text ends with one
 * end-of-text token, and begins with what the tokenizer puts there.
 *
 * <p>A row without any token to learn is an error that names it. One that has some, all of which
 * the cut to the sequence length takes away, is left out and counted, as in TRL.
 */
public final class SupervisedRows {
  private static final Logger LOG = LoggerFactory.getLogger(SupervisedRows.class);
  private static final int MAX_NAMED = 10;

  private final Path model;
  private final Tokenizer tokenizer;
  private final SupervisedOptions options;
  private final int sequenceLength;
  private final JsonLines texts;
  private Optional<ConversationRows> conversations = Optional.empty();

  /**
   * A reader.
   *
   * @param model the folder of the chat template, unless the options name a file
   * @param sequenceLength the most tokens of a row, at least 2
   * @throws PeftException if the length is not allowed, or the model names no end-of-text token
   */
  public SupervisedRows(
      Path model, Tokenizer tokenizer, SupervisedOptions options, int sequenceLength) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.options = options;
    this.sequenceLength = sequenceLength;
    this.texts = JsonLines.of(tokenizer, sequenceLength);
  }

  /**
   * Reads a file.
   *
   * @throws PeftException if the file cannot be read; or a row lacks its fields, is refused by the
   *     template, or has nothing to learn: with its place
   */
  public SupervisedData read(Table table) {
    List<TokenSequence> sequences = new ArrayList<>();
    List<SupervisedRow> kept = new ArrayList<>();
    List<Integer> split = new ArrayList<>();
    List<Integer> dropped = new ArrayList<>();
    table.forEach(
        row -> {
          LabelledTokens tokens = encode(row);
          requireLearned(row, tokens);
          if (tokens.splitsAToken()) {
            split.add(row.line());
          }
          SupervisedRow cut = cut(row, tokens);
          if (cut.trained() == 0) {
            dropped.add(row.line());
            return;
          }
          kept.add(cut);
          TokenSequence sequence = TokenSequence.of(cut.ids(), cut.labels());
          sequences.add(row.task().map(sequence::ofTask).orElse(sequence));
        });
    tell(table.file(), split, "the border of prompt and completion falls inside a token");
    tell(table.file(), dropped, "the cut to the sequence length leaves nothing to learn");
    return new SupervisedData(
        TrainingData.of(sequences, texts.padToken()), kept, counts(kept, dropped.size()));
  }

  private static SupervisedData.Counts counts(List<SupervisedRow> kept, int dropped) {
    return new SupervisedData.Counts(
        kept.size() + dropped,
        kept.stream().mapToLong(row -> row.ids().length).sum(),
        kept.stream().mapToLong(SupervisedRow::trained).sum(),
        (int) kept.stream().filter(SupervisedRow::truncated).count() + dropped,
        dropped);
  }

  private LabelledTokens encode(Row row) {
    if (ConversationRows.has(row)) {
      return conversations().encode(row);
    }
    if (options.trainOn().equals(Optional.of(TrainOn.ASSISTANT))) {
      throw row.problem(
          "has no \"messages\", and the assistant's turns are to be learned. Its fields: "
              + row.fieldsForMessages()
              + ".");
    }
    LabelledTokens tokens = texts.encode(row);
    if (options.trainOn().equals(Optional.of(TrainOn.COMPLETION)) && row.has("text")) {
      throw row.problem(
          "has \"text\" and no completion, which is to be learned. Its fields: "
              + row.fieldsForMessages()
              + ".");
    }
    return options.trainOn().equals(Optional.of(TrainOn.ALL))
        ? new LabelledTokens(tokens.ids(), tokens.ids(), tokens.splitsAToken())
        : tokens;
  }

  private ConversationRows conversations() {
    if (conversations.isEmpty()) {
      ChatTemplate template =
          options
              .chatTemplate()
              .map(file -> ChatTemplate.readFile(file, tokenizer.specialTokens()))
              .orElseGet(() -> ChatTemplate.read(model, tokenizer.specialTokens()));
      conversations = Optional.of(new ConversationRows(tokenizer, template, options.trainOn()));
    }
    return conversations.get();
  }

  private static void requireLearned(Row row, LabelledTokens tokens) {
    if (Arrays.stream(tokens.labels()).skip(1).allMatch(l -> l == TokenSequence.IGNORED)) {
      throw row.problem(
          "has nothing to learn: of its "
              + tokens.ids().length
              + " tokens, none is the assistant's or the completion's, or comes after another.");
    }
  }

  private SupervisedRow cut(Row row, LabelledTokens tokens) {
    int length = tokens.ids().length;
    if (length <= sequenceLength) {
      return new SupervisedRow(row.where(), tokens.ids(), tokens.labels(), false);
    }
    int from = options.keepEnd() ? length - sequenceLength : 0;
    return new SupervisedRow(
        row.where(),
        Arrays.copyOfRange(tokens.ids(), from, from + sequenceLength),
        Arrays.copyOfRange(tokens.labels(), from, from + sequenceLength),
        true);
  }

  private static void tell(Path file, List<Integer> lines, String what) {
    if (!lines.isEmpty()) {
      LOG.warn(
          "{}: {} in {} rows, on lines {}{}.",
          file,
          what,
          lines.size(),
          lines.subList(0, Math.min(MAX_NAMED, lines.size())),
          lines.size() > MAX_NAMED ? " and more" : "");
    }
  }
}
