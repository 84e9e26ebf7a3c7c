package org.peft4j.train.data.chat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.peft4j.chat.Message;

/**
 * Messages in the form of ShareGPT: {@code {"from": "gpt", "value": "Hello."}}. As TRL does, {@code
 * from} becomes {@code role}, and {@code value} becomes {@code content}. TRL leaves the names of
 * roles; chat templates know no {@code human} and no {@code gpt}, so that these become {@code user}
 * and {@code assistant} here.
 */
final class SharedChat {
  private static final Map<String, String> ROLES = Map.of("human", "user", "gpt", "assistant");

  private SharedChat() {}

  /** The message of these fields, whether they have that form or not. */
  static Message message(Map<String, @Nullable Object> fields) {
    if (!fields.containsKey("from") && !fields.containsKey("value")) {
      return Message.of(fields);
    }
    Map<String, @Nullable Object> renamed = new LinkedHashMap<>();
    fields.forEach(
        (name, value) -> {
          switch (name) {
            case "from" -> renamed.put("role", role(value));
            case "value" -> renamed.put("content", value);
            default -> renamed.put(name, value);
          }
        });
    return Message.of(renamed);
  }

  private static @Nullable Object role(@Nullable Object from) {
    return from instanceof String name ? ROLES.getOrDefault(name, name) : from;
  }
}
