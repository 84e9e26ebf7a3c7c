package org.peft4j.train.data.chat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.peft4j.chat.ChatTemplate;
import org.peft4j.chat.Message;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.LabelledTokens;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Answers to prompts that are lists of messages, which the chat template writes. Without a {@code
 * prompt}, the messages that two answers begin with are the prompt, as TRL's {@code extract_prompt}
 * finds it: all of them but the last one where one answer goes on with the other.
 */
public final class AnswerConversations {
  private final Path model;
  private final Tokenizer tokenizer;
  private final Optional<Path> chatTemplate;
  private Optional<ConversationRows> conversations = Optional.empty();

  /**
   * A reader of messages; the template is read when the first row has some.
   *
   * @param model the folder of the chat template
   * @param chatTemplate a file in place of the model's own template
   */
  public AnswerConversations(Path model, Tokenizer tokenizer, Optional<Path> chatTemplate) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.chatTemplate = chatTemplate;
  }

  /** Whether one of these fields of a row is a list of messages. */
  public static boolean has(Row row, String... fields) {
    return List.of(fields).stream().anyMatch(field -> ConversationRows.isList(row, field));
  }

  /**
   * The tokens of a prompt with the answer in a field; the answer's are labels.
   *
   * @param answer the field
   * @param other the field of the other answer, for the common prompt; the same without another
   * @throws PeftException if a field holds no messages, or the template refuses them, with the
   *     row's place
   */
  public LabelledTokens encode(Row row, String answer, String other) {
    try {
      List<Message> whole = ConversationRows.read(row, answer);
      if (row.has("prompt")) {
        return conversations().completion(row, ConversationRows.read(row, "prompt"), whole);
      }
      int common = common(whole, ConversationRows.read(row, other));
      return conversations()
          .completion(row, whole.subList(0, common), whole.subList(common, whole.size()));
    } catch (PeftException e) {
      throw ConversationRows.named(row, e);
    }
  }

  private static int common(List<Message> first, List<Message> second) {
    int shorter = Math.min(first.size(), second.size());
    int at = 0;
    while (at < shorter - 1 && first.get(at).equals(second.get(at))) {
      at++;
    }
    return at;
  }

  private ConversationRows conversations() {
    if (conversations.isEmpty()) {
      ChatTemplate template =
          chatTemplate
              .map(file -> ChatTemplate.readFile(file, tokenizer.specialTokens()))
              .orElseGet(() -> ChatTemplate.read(model, tokenizer.specialTokens()));
      conversations = Optional.of(new ConversationRows(tokenizer, template, Optional.empty()));
    }
    return conversations.get();
  }
}
