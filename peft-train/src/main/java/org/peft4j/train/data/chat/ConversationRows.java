package org.peft4j.train.data.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.chat.ChatTemplate;
import org.peft4j.chat.Conversation;
import org.peft4j.chat.Message;
import org.peft4j.chat.RenderedChat;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.LabelledTokens;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Rows with conversations: {@code messages}, or {@code conversations} as ShareGPT has them, or
 * {@code prompt} and {@code completion} of messages.
 */
final class ConversationRows {
  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final Optional<TrainOn> trainOn;

  ConversationRows(Tokenizer tokenizer, ChatTemplate template, Optional<TrainOn> trainOn) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.trainOn = trainOn;
  }

  /** Whether a row has messages where texts could be. */
  static boolean has(Row row) {
    return isConversation(row) || isList(row, "prompt") || isList(row, "completion");
  }

  private static boolean isConversation(Row row) {
    return row.has("messages") || row.has("conversations");
  }

  /** The messages of a whole conversation. */
  private static List<Message> whole(Row row) {
    if (row.has("messages") && row.has("conversations")) {
      throw row.problem("has \"messages\" and \"conversations\"; give one of them.");
    }
    return read(row, row.has("messages") ? "messages" : "conversations");
  }

  static boolean isList(Row row, String field) {
    return row.has(field) && row.value(field) instanceof List<?>;
  }

  /** The messages of a row, with what else a template reads. */
  static Conversation conversation(Row row) {
    try {
      return conversation(row, whole(row));
    } catch (PeftException e) {
      throw named(row, e);
    }
  }

  static PeftException named(Row row, PeftException e) {
    return String.valueOf(e.getMessage()).startsWith(row.where())
        ? e
        : row.problem("has no conversation: " + e.getMessage());
  }

  LabelledTokens encode(Row row) {
    try {
      return isConversation(row) ? messages(row) : completion(row);
    } catch (PeftException e) {
      throw named(row, e);
    }
  }

  private LabelledTokens messages(Row row) {
    if (row.has("prompt") || row.has("completion") || row.has("text")) {
      throw row.problem("has \"messages\" beside a text or a prompt; give one or the other.");
    }
    if (trainOn.equals(Optional.of(TrainOn.COMPLETION))) {
      throw row.problem(
          "has \"messages\" and no completion; train on the assistant's turns instead, or give"
              + " \"prompt\" and \"completion\".");
    }
    Conversation conversation = conversation(row, whole(row));
    RenderedChat rendered = template.renderMarked(conversation);
    ChatTokens tokens = ChatTokens.of(tokenizer, rendered.text());
    boolean[] learned = tokens.none();
    Arrays.fill(learned, true);
    if (trainOn.equals(Optional.of(TrainOn.ASSISTANT))) {
      learned = new AssistantTurns(template, tokenizer).of(conversation, rendered, tokens);
    }
    return new LabelledTokens(tokens.ids(), AssistantTurns.labels(tokens.ids(), learned), false);
  }

  private LabelledTokens completion(Row row) {
    return completion(row, read(row, "prompt"), read(row, "completion"));
  }

  /** The tokens of an answer behind a prompt. */
  LabelledTokens completion(Row row, List<Message> prompt, List<Message> answer) {
    List<Message> both = new ArrayList<>(prompt);
    both.addAll(answer);
    Conversation conversation = conversation(row, both);
    RenderedChat rendered = template.renderMarked(conversation);
    ChatTokens tokens = ChatTokens.of(tokenizer, rendered.text());
    boolean[] learned = tokens.none();
    boolean split = false;
    if (trainOn.equals(Optional.of(TrainOn.ALL))) {
      Arrays.fill(learned, true);
    } else {
      String asked = template.render(conversation.withMessages(prompt), true);
      if (!rendered.text().startsWith(asked)) {
        throw row.problem(
            "has a prompt that the chat template writes in another way when the completion follows,"
                + " so that the completion's tokens cannot be told. Mark the assistant's turns in"
                + " the template, and train on these.");
      }
      int border = tokens.behind(asked.length());
      Arrays.fill(learned, border, learned.length, true);
      split = border > 0 && tokens.ends()[border - 1] > asked.length();
    }
    if (trainOn.equals(Optional.of(TrainOn.ASSISTANT))) {
      boolean[] said = new AssistantTurns(template, tokenizer).of(conversation, rendered, tokens);
      for (int i = 0; i < learned.length; i++) {
        learned[i] &= said[i];
      }
    }
    return new LabelledTokens(tokens.ids(), AssistantTurns.labels(tokens.ids(), learned), split);
  }

  private static Conversation conversation(Row row, List<Message> messages) {
    Conversation conversation = Conversation.of(messages);
    if (row.has("chat_template_kwargs")) {
      conversation = conversation.withVariables(object(row, "chat_template_kwargs"));
    }
    return row.has("tools") ? conversation.withTools(objects(row, "tools")) : conversation;
  }

  static List<Message> read(Row row, String field) {
    List<Message> messages = new ArrayList<>();
    objects(row, field).forEach(fields -> messages.add(SharedChat.message(fields)));
    return messages;
  }

  private static List<Map<String, @Nullable Object>> objects(Row row, String field) {
    List<Map<String, @Nullable Object>> objects = new ArrayList<>();
    if (row.value(field) instanceof List<?> list) {
      for (Object each : list) {
        objects.add(map(row, field, each));
      }
      return objects;
    }
    throw row.problem(field, "is no list; allowed: a list of objects.");
  }

  private static Map<String, @Nullable Object> object(Row row, String field) {
    return map(row, field, row.value(field));
  }

  @SuppressWarnings("unchecked")
  private static Map<String, @Nullable Object> map(Row row, String field, @Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      return (Map<String, @Nullable Object>) map;
    }
    throw row.problem(field, "holds something else than objects.");
  }
}
