package org.peft4j.chat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.chat.internal.ChatValues;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;

/**
 * A message of a conversation: its {@code role}, its {@code content}, and whatever else a template
 * reads, such as {@code tool_calls}. Immutable.
 *
 * <pre>{@code
 * Message.user("Where is the sun?")
 * Message.of(Map.of("role", "tool", "name", "weather", "content", "21 °C"))
 * }</pre>
 */
public final class Message {
  private final Map<String, Object> fields;

  private Message(Map<String, Object> fields) {
    this.fields = fields;
  }

  /** What the model is told to be. */
  public static Message system(String content) {
    return of("system", content);
  }

  /** What the user says. */
  public static Message user(String content) {
    return of("user", content);
  }

  /** What the model says. */
  public static Message assistant(String content) {
    return of("assistant", content);
  }

  private static Message of(String role, String content) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("role", role);
    fields.put("content", content);
    return of(fields);
  }

  /**
   * A message with the fields of a JSON object.
   *
   * @throws PeftException if it has no {@code role}, or a value that JSON does not have
   */
  public static Message of(Map<String, ? extends @Nullable Object> fields) {
    Map<String, Object> own = ChatValues.map(fields);
    if (!(own.get("role") instanceof String)) {
      throw new PeftException(
          "A message has no \"role\", but the fields "
              + Quoted.quoted(String.join(", ", own.keySet()))
              + "; a role is a string such as \"user\" or \"assistant\".");
    }
    return new Message(own);
  }

  /** Who says it. */
  public String role() {
    return (String) fields.getOrDefault("role", "");
  }

  /** What is said, if that is a text. */
  public Optional<String> content() {
    return Optional.ofNullable(fields.get("content"))
        .filter(String.class::isInstance)
        .map(String.class::cast);
  }

  /** The message with another value of a field. */
  Message with(String field, Object value) {
    Map<String, Object> changed = new LinkedHashMap<>(fields);
    changed.put(field, value);
    return new Message(ChatValues.map(changed));
  }

  Map<String, Object> fields() {
    return fields;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Message message && fields.equals(message.fields);
  }

  @Override
  public int hashCode() {
    return fields.hashCode();
  }

  @Override
  public String toString() {
    return role() + ": " + content().map(Quoted::quoted).orElse("…");
  }
}
