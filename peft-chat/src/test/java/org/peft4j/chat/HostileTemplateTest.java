package org.peft4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.error.PeftException;

/** Templates that come with models, from anybody. */
@Timeout(60)
class HostileTemplateTest {
  private static final Conversation CONVERSATION =
      Conversation.of(Message.user("x"))
          .withVariables(Map.of("list", List.of(1, 2), "map", Map.of("k", "v")));

  private static String render(String template) {
    return ChatTemplate.of(template, Map.of()).render(CONVERSATION, false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ messages.getClass() }}",
        "{{ messages.class.name }}",
        "{{ ''.getClass().forName('java.lang.Runtime') }}",
        "{{ 'a'.getBytes() }}",
        "{{ 'a'.length() }}",
        "{{ 'a'.repeat(3) }}",
        "{{ list.stream() }}",
        "{{ list.add(1) }}",
        "{{ list.subList(0, 1) }}",
        "{{ map.put('a', 1) }}",
        "{{ map.entrySet() }}",
        "{{ map.hashCode() }}",
        "{{ namespace.class.getName() }}",
        "{{ range.__globals__['x'] }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ raise_exception.__init__.__globals__ }}",
        "{{ loop.getClass() }}",
        "{{ 'a'['getClass']() }}",
        "{{ messages|map(attribute='class.name')|list|first|length + messages[0].class.name }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ ''|attr('getClass')() }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% extends 'x' %}",
        "{% from 'x' import y %}",
        "{{ self.__init__ }}",
        "{{ namespace().getClass() }}",
        "{{ (namespace|string) }}",
        "{{ ____int3rpr3t3r____.config }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum.__globals__ }}"
      })
  void reachesNoClassFileOrMethodOfJava(String template) {
    assertThatThrownBy(() -> render(template)).isInstanceOf(PeftException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ messages.class }}",
        "{{ list['size'] }}",
        "{{ 'a'.bytes }}",
        "{{ map['getClass'] }}",
        "{{ namespace().x }}",
        "{{ list|attr('class') }}"
      })
  void seesNoFieldOfJava(String template) {
    assertThat(render(template)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}",
        "{{ 'x' * 1000000000000 }}",
        "{{ [1] * 1000000000000 }}",
        "{{ 'x'|center(1000000000) }}",
        "{{ 'x'.ljust(2000000000) }}",
        "{{ 'x'|indent(2000000000) }}",
        "{{ '%9999d%9999d' % (1, 2) * 100000 }}",
        "{{ [1]|batch(2000000000, 'x')|list }}",
        "{{ {'a': 1}|tojson(indent=1000000000) }}",
        "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x.replace('a', ns.x) %}{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x.join([ns.x, ns.x]) %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}",
        "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f(n) %}{{ f(n - 1) }}{{ f(n - 1) }}{% endmacro %}{{ f(9) }}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
        "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{{ range(100000)|list|sort|unique|list }}",
        "{{ 9223372036854775807 + 1 }}",
        "{{ 10 ** 10000000000 }}",
        "{{ 3 ** 10000000000 }}",
        "{{ 99999999999999999999999999 }}",
        "{{ range(10 ** 18) }}",
        "{{ 1e308 * 10 % 0 }}",
        "{{ '{:>99999999999}'.format(1) }}"
      })
  void endsSoon(String template) {
    assertThatThrownBy(() -> render(template))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("line 1 ");
  }

  @Test
  void bombsOfNestingAreRefused() {
    String[] bombs = {
      "{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}",
      "{{ " + "[".repeat(100_000) + "]".repeat(100_000) + " }}",
      "{{ " + "-".repeat(100_000) + "1 }}",
      "{{ " + "not ".repeat(100_000) + "1 }}",
      "{{ x" + ".a".repeat(100_000) + " }}",
      "{{ x" + "|trim".repeat(100_000) + " }}",
      "{{ " + "1 if 1 else ".repeat(100_000) + "1 }}",
      "{% if 1 %}".repeat(100_000) + "{% endif %}".repeat(100_000),
      "{% for i in [1] %}".repeat(5000) + "{% endfor %}".repeat(5000),
      "{{ 1 " + "+ 1".repeat(200_000) + " }}",
      "{{ " + "1 or ".repeat(200_000) + "1 }}",
      "{{ 'a'" + " ** 1".repeat(200_000) + " }}",
    };
    for (String bomb : bombs) {
      assertThatThrownBy(() -> render(bomb)).isInstanceOf(PeftException.class);
    }
  }

  @Test
  void theOutputIsBounded() {
    TemplateLimits limits = new TemplateLimits(10, 1000, 1000, Duration.ofSeconds(5), 10);
    ChatTemplate template =
        ChatTemplate.of("{% for i in range(n) %}ab{% endfor %}", Map.of()).withLimits(limits);

    assertThat(template.render(CONVERSATION.withVariables(Map.of("n", 5)), false)).hasSize(10);
    assertThatThrownBy(() -> template.render(CONVERSATION.withVariables(Map.of("n", 6)), false))
        .hasMessage("The chat template: line 1 writes more than 10 characters, the limit.");
  }

  @Test
  void theTimeIsBounded() {
    TemplateLimits limits =
        new TemplateLimits(10, Long.MAX_VALUE / 4, Long.MAX_VALUE / 4, Duration.ofMillis(50), 10);
    String loops =
        "{% for i in range(100000) %}{% for j in range(100000) %}{% set x = j %}{% endfor %}{% endfor %}";

    assertThatThrownBy(
            () -> ChatTemplate.of(loops, Map.of()).withLimits(limits).render(CONVERSATION, false))
        .hasMessage("The chat template: line 1 runs longer than 50 milliseconds, the limit.");
  }

  @Test
  void whatWasGivenCannotBeChanged() {
    String before = "{{ messages }}{{ map }}{{ list }}";
    String changing =
        "{% set messages = [] %}{% set map = {} %}{% macro m(list) %}{% set list = 1 %}{% endmacro %}{{ m(list) }}";

    String expected = render(before);
    render(changing);
    assertThat(render(before)).isEqualTo(expected);
    assertThatThrownBy(() -> render("{% set map.k = 1 %}"))
        .hasMessageContaining("only a namespace() has fields to set");
  }
}
