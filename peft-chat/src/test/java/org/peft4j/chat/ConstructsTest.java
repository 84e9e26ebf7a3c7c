package org.peft4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.peft4j.error.PeftException;

/** The language of templates, beside jinja2 with transformers' settings. */
class ConstructsTest {
  @TestFactory
  List<DynamicTest> meansWhatItMeansInPython() {
    JsonNode file = Rendered.json("constructs.json");
    Conversation conversation =
        Conversation.of(Message.user("x"))
            .withVariables(new HashMap<>(Rendered.map(file.path("values"))));
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode each : file.path("cases")) {
      String template = each.path("template").asText();
      tests.add(
          DynamicTest.dynamicTest(
              template.substring(0, Math.min(60, template.length())),
              () -> check(template, conversation, each)));
    }
    assertThat(tests).hasSizeGreaterThan(60);
    return tests;
  }

  private static void check(String template, Conversation conversation, JsonNode expected) {
    if (expected.has("error")) {
      assertThatThrownBy(() -> render(template, conversation))
          .isInstanceOf(PeftException.class)
          .hasMessageStartingWith("The chat template: line 1 ");
      return;
    }
    RenderedChat rendered = render(template, conversation);
    assertThat(rendered.text()).isEqualTo(expected.path("text").asText());
    assertThat(rendered.generated()).isEqualTo(Rendered.generated(expected.path("generated")));
  }

  private static RenderedChat render(String template, Conversation conversation) {
    return ChatTemplate.of(template, Map.of()).withClock(Rendered.CLOCK).renderMarked(conversation);
  }
}
