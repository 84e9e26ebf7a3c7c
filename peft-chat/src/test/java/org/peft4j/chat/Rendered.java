package org.peft4j.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What {@code reference/chat_templates.py} wrote. */
final class Rendered {
  static final Clock CLOCK = Clock.fixed(Instant.parse("2024-07-06T09:05:03Z"), ZoneOffset.UTC);
  private static final ObjectMapper JSON = new ObjectMapper();

  private Rendered() {}

  static JsonNode json(String name) {
    try (InputStream in = open(name)) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static String template(String name) {
    try (InputStream in = open("templates/" + name + ".jinja")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static InputStream open(String name) {
    return Objects.requireNonNull(Rendered.class.getResourceAsStream("/chat/" + name), name);
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> map(JsonNode object) {
    return JSON.convertValue(object, Map.class);
  }

  static Map<String, String> texts(JsonNode object) {
    Map<String, String> texts = new HashMap<>();
    object.properties().forEach(each -> texts.put(each.getKey(), each.getValue().asText()));
    return texts;
  }

  /** A conversation of the file: what is neither a message nor a tool is a variable. */
  @SuppressWarnings("unchecked")
  static Conversation conversation(JsonNode json) {
    Map<String, Object> variables = map(json);
    List<Message> messages = new ArrayList<>();
    for (Object message : (List<Object>) variables.remove("messages")) {
      messages.add(Message.of((Map<String, Object>) message));
    }
    Object tools = variables.remove("tools");
    Conversation conversation = Conversation.of(messages).withVariables(variables);
    return tools == null ? conversation : conversation.withTools((List<Map<String, Object>>) tools);
  }

  static List<RenderedChat.Span> generated(JsonNode marks) {
    List<RenderedChat.Span> spans = new ArrayList<>();
    marks.forEach(
        pair -> spans.add(new RenderedChat.Span(pair.get(0).asInt(), pair.get(1).asInt())));
    return spans;
  }
}
