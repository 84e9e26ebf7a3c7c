package org.peft4j.train.preference;

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
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * The tokens of answers with their prompts, each with an end-of-sequence token, and not too long.
 */
final class CompletionTokens {
  private final TextEncoder texts;
  private final PromptTokens encoder;
  private final Optional<AnswerConversations> conversations;
  private final int endToken;
  private final int sequenceLength;
  private final boolean whole;

  /**
   * A reader of answers.
   *
   * @param conversations empty if there is no chat template
   * @param sequenceLength the most tokens of a prompt with an answer
   * @param whole whether prompt and answer are one text, which is not cut
   * @throws PeftException if the length is below 2
   */
  CompletionTokens(
      TextEncoder texts,
      Optional<AnswerConversations> conversations,
      int endToken,
      int sequenceLength,
      boolean whole) {
    if (sequenceLength < 2) {
      throw new PeftException(
          "The sequence length is " + sequenceLength + "; allowed: 2 and above.");
    }
    this.texts = texts;
    this.encoder = new PromptTokens(texts, endToken);
    this.conversations = conversations;
    this.endToken = endToken;
    this.sequenceLength = sequenceLength;
    this.whole = whole;
  }

  /**
   * The token that ends an answer: the model's own, or what its tokenizer puts behind every text.
   *
   * @throws PeftException if there is neither
   */
  static int end(Tokenizer tokenizer) {
    List<Integer> ends = tokenizer.endOfText();
    int[] empty = tokenizer.encode("", true);
    if (ends.isEmpty() && empty.length < 2) {
      throw new PeftException(
          "The model names no end-of-text token, which every answer must end with. Add eos_token_id"
              + " to its config.json.");
    }
    return ends.isEmpty() ? empty[empty.length - 1] : ends.get(0);
  }

  /** The same of whole texts. */
  CompletionTokens whole() {
    return new CompletionTokens(texts, conversations, endToken, sequenceLength, true);
  }

  boolean isWhole() {
    return whole;
  }

  int sequenceLength() {
    return sequenceLength;
  }

  /** The tokens of texts; empty if they are too long. */
  Optional<Completion> text(Row row, String prompt, String answer) {
    requireNoMargin(row);
    PromptTokens.Encoded encoded =
        whole ? encoder.encode("", prompt + answer) : encoder.encode(prompt, answer);
    int[] ids = encoded.ids();
    int[] ended = ids;
    if (ids.length == encoded.learnedFrom() || ids[ids.length - 1] != endToken) {
      ended = Arrays.copyOf(ids, ids.length + 1);
      ended[ids.length] = endToken;
    }
    return cut(row, ended, whole || prompt.isEmpty() ? begin(ended) : encoded.learnedFrom());
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

  /**
   * The tokens of messages, whose end the template writes itself; empty if they are too long.
   *
   * @param answer the field of the answer
   * @param other the field of the answer that it is compared with
   */
  Optional<Completion> conversation(Row row, String answer, String other) {
    requireNoMargin(row);
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

  private void requireNoMargin(Row row) {
    if (whole && row.has("margin")) {
      throw row.problem(
          "margin", "is a margin of rewards, which is not supported; leave the field out.");
    }
  }

  /** Empty if the prompt alone is too long, or a whole text. */
  private Optional<Completion> cut(Row row, int[] ids, int from) {
    int length = Math.min(ids.length, sequenceLength);
    return from >= length || whole && ids.length > length
        ? Optional.empty()
        : Optional.of(
            new Completion(
                Arrays.copyOf(ids, from), Arrays.copyOfRange(ids, from, length), row.task()));
  }
}
