package org.peft4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;

/** Chat templates in the published layouts, beside transformers' {@code apply_chat_template}. */
class ChatTemplateTest {
  private final Path folder;

  ChatTemplateTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @TestFactory
  List<DynamicTest> rendersConversationsAsTransformersDoes() {
    JsonNode file = Rendered.json("rendered.json");
    Map<String, String> tokens = Rendered.texts(file.path("tokens"));
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode each : file.path("cases")) {
      String name = each.path("template").asText();
      String conversation = each.path("conversation").asText();
      tests.add(
          DynamicTest.dynamicTest(
              name + ", " + conversation + (each.path("prompt").asBoolean() ? ", prompt" : ""),
              () ->
                  check(
                      ChatTemplate.of(Rendered.template(name), tokens).withClock(Rendered.CLOCK),
                      Rendered.conversation(file.path("conversations").path(conversation)),
                      each)));
    }
    assertThat(tests).hasSizeGreaterThan(200);
    return tests;
  }

  private static void check(ChatTemplate template, Conversation conversation, JsonNode expected) {
    boolean prompt = expected.path("prompt").asBoolean();
    if (expected.has("error")) {
      assertThatThrownBy(() -> template.render(conversation, prompt))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("line ");
      return;
    }
    assertThat(template.render(conversation, prompt)).isEqualTo(expected.path("text").asText());
    if (!prompt) {
      RenderedChat marked = template.renderMarked(conversation);
      assertThat(marked.text()).isEqualTo(expected.path("text").asText());
      assertThat(marked.generated()).isEqualTo(Rendered.generated(expected.path("generated")));
    }
  }

  @Test
  void tellsWhatATemplateSaysOfAConversation() {
    ChatTemplate template = ChatTemplate.of(Rendered.template("gemma"), Map.of("bos_token", "<s>"));

    assertThatThrownBy(() -> template.render(Conversation.of(Message.system("x")), true))
        .hasMessage(
            "The chat template: line 1 refuses the conversation: There is no system role here.");
    assertThatThrownBy(() -> template.render(Conversation.of(List.of()), true))
        .hasMessage("A conversation has no message; a chat template needs one.");
  }

  @Test
  void readsTheFileBeforeTheConfig() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"), "{\"chat_template\": \"config {{ eos_token }}\"}");
    assertThat(rendered(ChatTemplate.read(folder, Map.of("eos_token", "</s>"))))
        .isEqualTo("config </s>");

    Files.writeString(folder.resolve("chat_template.jinja"), "file\n");
    assertThat(rendered(ChatTemplate.read(folder, Map.of()))).isEqualTo("file");
  }

  @Test
  void takesTheTemplateForToolsWhereThereIsOne() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"chat_template\": [{\"name\": \"default\", \"template\": \"d\"},"
            + " {\"name\": \"tool_use\", \"template\": \"t{{ tools|length }}\"},"
            + " {\"name\": \"rag\", \"template\": \"r\"}]}");
    ChatTemplate template = ChatTemplate.read(folder, Map.of());
    Conversation withTools =
        Conversation.of(Message.user("x")).withTools(List.of(Map.of("name", "f")));

    assertThat(rendered(template)).isEqualTo("d");
    assertThat(template.render(withTools, false)).isEqualTo("t1");
    assertThat(rendered(template.named("rag"))).isEqualTo("r");
    assertThatThrownBy(() -> template.named("rga"))
        .hasMessage(
            "There is no chat template \"rga\". Nearest: \"rag\", \"default\", \"tool_use\".");
  }

  @Test
  void readsAdditionalTemplatesOfTheirFolder() throws IOException {
    Files.createDirectory(folder.resolve("additional_chat_templates"));
    Files.writeString(folder.resolve("additional_chat_templates/tool_use.jinja"), "t");
    ChatTemplate template = ChatTemplate.read(folder, Map.of());

    assertThat(rendered(template.named("tool_use"))).isEqualTo("t");
    assertThatThrownBy(() -> rendered(template))
        .hasMessage(
            "The model has the chat templates \"tool_use\" and no default; choose one with named(…).");
  }

  @Test
  void saysWhereATemplateIsWanted() {
    assertThat(ChatTemplate.find(folder, Map.of())).isEmpty();
    assertThatThrownBy(() -> ChatTemplate.read(folder, Map.of()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("has no chat template")
        .hasMessageContaining("--chat-template FILE");
  }

  @Test
  void refusesWhatIsNoTemplate() throws IOException {
    Path file = Files.writeString(folder.resolve("x.jinja"), "a\n{% if x %}\nb {{ 1 + }}");
    assertThatThrownBy(() -> ChatTemplate.readFile(file, Map.of()))
        .hasMessage(file + ": line 3 has the end of the tag where an expression is expected.");

    Files.write(file, new byte[] {(byte) 0xff, 'a'});
    assertThatThrownBy(() -> ChatTemplate.readFile(file, Map.of()))
        .hasMessage(file + " is not in UTF-8.");

    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"chat_template\": 5}");
    assertThatThrownBy(() -> ChatTemplate.read(folder, Map.of()))
        .hasMessageContaining("\"chat_template\" is of type NUMBER");
  }

  @Test
  void keepsMessagesAsTheyWere() {
    List<Object> parts = new ArrayList<>(Arrays.asList("a", null));
    Message message = Message.of(Map.of("role", "user", "content", parts));
    parts.clear();

    ChatTemplate template = ChatTemplate.of("{{ messages[0].content }}", Map.of());
    assertThat(template.render(Conversation.of(message), false)).isEqualTo("['a', None]");
    assertThat(message.content()).isEmpty();
    assertThat(message.role()).isEqualTo("user");
  }

  @Test
  void refusesMessagesThatAreNone() {
    assertThatThrownBy(() -> Message.of(Map.of("content", "x")))
        .hasMessageContaining("has no \"role\", but the fields \"content\"");
    assertThatThrownBy(() -> Message.of(Map.of("role", "user", "content", new Object())))
        .hasMessageContaining("holds a value of java.lang.Object");
  }

  private static String rendered(ChatTemplate template) {
    return template.render(Conversation.of(Message.user("x")), false);
  }
}
