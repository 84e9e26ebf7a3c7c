package org.peft4j.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.chat.internal.ChatValues;

/**
 * Messages, with what else a template is given. Immutable.
 *
 * @param messages in their order
 * @param tools the JSON schemas of the tools that the model may call; empty for none
 * @param variables more values that a template reads by name, such as {@code enable_thinking} or
 *     {@code documents}
 */
public record Conversation(
    List<Message> messages, Optional<List<Object>> tools, Map<String, Object> variables) {
  /** Copies what it is given. */
  public Conversation {
    messages = List.copyOf(messages);
    tools = tools.map(list -> list.stream().map(ChatValues::of).toList());
    variables = ChatValues.map(variables);
  }

  /** A conversation without tools. */
  public static Conversation of(List<Message> messages) {
    return new Conversation(messages, Optional.empty(), Map.of());
  }

  /** A conversation without tools. */
  public static Conversation of(Message... messages) {
    return of(List.of(messages));
  }

  /** The same with tools: each a JSON schema, as a map. */
  public Conversation withTools(List<? extends Map<String, ?>> value) {
    return new Conversation(messages, Optional.of(new ArrayList<>(value)), variables);
  }

  /** The same with values that the template reads by these names. */
  public Conversation withVariables(Map<String, ? extends @Nullable Object> value) {
    return new Conversation(messages, tools, ChatValues.map(value));
  }

  /** The same with other messages. */
  public Conversation withMessages(List<Message> value) {
    return new Conversation(value, tools, variables);
  }
}
